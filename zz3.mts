import { mkdtempSync, rmSync } from "node:fs"; import {join} from "node:path"; import {tmpdir} from "node:os";
import { storageCipher } from "./keys/storage-key.ts"; import { systemRandom } from "./src/base/random.ts"; import { systemClock } from "./src/base/clock.ts"; import { openStore } from "./src/store/level.ts";
import { penIn, someCircle, typicalSighting } from "./test/help/records.ts";
const dir=mkdtempSync(join(tmpdir(),'tocsin-sz-')); const N=20000;
import {hash} from "node:crypto"; import {concat,utf8} from "./src/base/bytes.ts";
let cipher=storageCipher(systemRandom(32),systemRandom);
if(process.argv[2]==='fast'){ const ip=new Uint8Array(64).fill(0x36), op=new Uint8Array(64).fill(0x5c); const h=(x:Uint8Array)=>hash('sha256',x,'buffer') as Uint8Array; cipher={...cipher,index:(l,v)=>new Uint8Array(h(concat(op,h(concat(ip,utf8(l),v)))).subarray(0,16))}; }
const store=await openStore(dir,{cipher,clock:systemClock}); const pen=penIn(someCircle());
const batches=[]; for(let f=0;f<N;f+=100) batches.push(Array.from({length:100},(_,i)=>pen.says(typicalSighting(f+i),{payloadBytes:784})));
const s=performance.now(), c=process.cpuUsage(); for(const records of batches) await store.commit({circle:pen.circle,records}); const e=process.cpuUsage(c);
console.log('records/s',(N/(performance.now()-s)*1000).toFixed(0),'cpu us',((e.user+e.system)/N).toFixed(0), 'wall us', ((performance.now()-s)*1000/N).toFixed(0));
await store[Symbol.asyncDispose](); rmSync(dir,{recursive:true});
