// `doctor` without a daemon: what the keys of the home tell of its files. Loads the store, so nothing but `doctor` may import it.

import { parseCertificate, type VaultContents } from "../../keys/index.ts";
import { systemClock } from "../base/clock.ts";
import { systemRandom } from "../base/random.ts";
import { examineHome } from "../node/examine-home.ts";
import type { DoctorCheck } from "./doctor-document.ts";
import { keyringCheck, lanesCheck, mended, storeCheck } from "./doctor-checks.ts";
import { SAMPLE_RECORDS } from "./routes-doctor.ts";

/** The checks of store, lanes and keyring. `fix` repairs a damaged store; throws what that throws. */
export async function examineInside(
  home: { readonly store: string; readonly keyring: string },
  vault: VaultContents,
  { deep, fix }: { readonly deep: boolean; readonly fix: boolean },
): Promise<readonly DoctorCheck[]> {
  const found = await examineHome({
    storePath: home.store,
    keyringPath: home.keyring,
    storageKey: vault.storageKey,
    most: deep ? Infinity : SAMPLE_RECORDS,
    mend: fix,
    clock: systemClock,
    random: systemRandom,
    log: () => undefined,
  });
  const { repair, lanes } = found;
  const store = storeCheck(found.store);
  return [
    repair && store.state === "ok"
      ? mended(
          { ...store, found: "it was damaged" },
          `${repair.records} records kept, ${repair.lost} lost that members may give back, the damaged files are in ${repair.aside}`,
        )
      : store,
    ...(lanes ? [lanesCheck({ ...lanes, broken: [...lanes.broken] }, deep)] : []),
    keyringCheck(found.keyring, null),
  ];
}

/** When the certificate of a vault ends. */
export function certificateEnd(vault: VaultContents): number {
  return parseCertificate(vault.certificate).notAfter;
}
