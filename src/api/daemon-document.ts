// What `daemon status` says of the background process, which may not be there to ask.

export type DaemonDocument = {
  schema: "tocsin.daemon/1";
  running: boolean;
  pid: number | null;
  version: string | null;
  uptimeMs: number | null;
  home: string;
};
