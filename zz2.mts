import { Level } from "level"; import { mkdtempSync, readdirSync, statSync, rmSync } from "node:fs"; import {join} from "node:path"; import {tmpdir} from "node:os";
import { storageCipher } from "./keys/storage-key.ts"; import { systemRandom } from "./src/base/random.ts"; import { systemClock } from "./src/base/clock.ts"; import { openStore } from "./src/store/level.ts";
import { penIn, someCircle, typicalSighting } from "./test/help/records.ts";
const dir=mkdtempSync(join(tmpdir(),'tocsin-sz-')); const N=20000;
const store=await openStore(dir,{cipher:storageCipher(systemRandom(32),systemRandom),clock:systemClock}); const pen=penIn(someCircle());
for(let f=0;f<N;f+=100){ await store.commit({circle:pen.circle,records:Array.from({length:100},(_,i)=>pen.says(typicalSighting(f+i),{payloadBytes:784}))}); }
console.log('size', await store.size()/N); await store[Symbol.asyncDispose]();
const show=(t:string)=>{console.log(t); for(const n of readdirSync(dir)) if(!n.endsWith('.ldb')) console.log(' ',n,statSync(join(dir,n)).size); const l=readdirSync(dir).filter(n=>n.endsWith('.ldb')); console.log('  ldb',l.length,l.reduce((a,n)=>a+statSync(join(dir,n)).size,0)/N);};
show('before');
for (const compression of [true]) {
const db=new Level(dir,{keyEncoding:'view',valueEncoding:'view',compression}); await db.open();
await db.compactRange(new Uint8Array(0),Uint8Array.of(255)); show('after compact');
for(let p=1;p<0x40;p++){ const s=await db.approximateSize(Uint8Array.of(p),Uint8Array.of(p+1)); if(s) console.log('   0x'+p.toString(16),(s/N).toFixed(1)); }
await db.close(); }
rmSync(dir,{recursive:true});
