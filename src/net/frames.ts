// Frames over one libp2p stream: 4 bytes of length (big-endian), then that many bytes. Reading has back-pressure: an
// unread stream stops its sender instead of filling memory. Nothing here may throw inside an event listener, for that
// would end the process, and no frame may be longer than `limits.frameBytesMax`.

import type { Stream, StreamCloseEvent, StreamMessageEvent } from "@libp2p/interface";
import { concat, u32 } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { createWake } from "./wake.ts";

/** Told of every byte that crosses a stream. */
export type Meter = { readonly sent: (bytes: number) => void; readonly received: (bytes: number) => void };

const HEADER_BYTES = 4;
const FRAME_OVERHEAD_BYTES = 128; // what an array costs in memory, so that a million empty frames count too
const HIGH_WATER_BYTES = limits.streamUnreadBytesMax;

/** Owns a stream: disposing of it resets whatever is still open. */
export class FrameStream implements AsyncDisposable {
  readonly #stream: Stream;
  readonly #meter: Meter;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #body: Uint8Array | undefined;
  #bodyBytes = 0;
  #frames: Uint8Array[] = [];
  #framesCost = 0;
  #ended = false;
  #failure: Error | undefined;
  readonly #wake = createWake();

  /** Must be called in the same tick in which the stream was obtained. */
  constructor(stream: Stream, meter: Meter) {
    this.#stream = stream;
    this.#meter = meter;
    stream.addEventListener("message", this.#onMessage);
    stream.addEventListener("remoteCloseWrite", this.#onEnd);
    stream.addEventListener("end", this.#onEnd);
    stream.addEventListener("close", this.#onClose);
    if (stream.status !== "open") this.#ended = true;
  }

  /** Every frame that has arrived, at least one, in order; none once the other side has ended the stream. */
  async readSome(signal?: AbortSignal): Promise<readonly Uint8Array[]> {
    await this.#arrival(signal);
    const frames = this.#frames;
    this.#frames = [];
    this.#framesCost = 0;
    this.#resume();
    return frames;
  }

  /** The next frame. Throws PEER_PROTOCOL where the other side ended the stream instead. */
  async read(signal?: AbortSignal): Promise<Uint8Array> {
    await this.#arrival(signal);
    const frame = this.#frames.shift();
    if (frame === undefined) throw new TocsinError("PEER_PROTOCOL", "the peer ended the stream too early");
    this.#framesCost -= frame.length + FRAME_OVERHEAD_BYTES;
    this.#resume();
    return frame;
  }

  /** Sends one frame and waits while the stream is full. */
  async write(body: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (body.length === 0 || body.length > limits.frameBytesMax) {
      throw new TocsinError("LIMIT_EXCEEDED", `a frame of ${body.length} bytes`);
    }
    signal?.throwIfAborted();
    this.#meter.sent(HEADER_BYTES + body.length);
    if (this.#stream.send(concat(u32(body.length), body))) return;
    // The `drain` event, not `onDrain()`: that promise is made once and stays resolved for ever.
    await new Promise<void>((resolve, reject) => {
      const settle = (failure?: Error): void => {
        this.#stream.removeEventListener("drain", onDrain);
        this.#stream.removeEventListener("close", onClose);
        signal?.removeEventListener("abort", onAbort);
        if (failure) reject(failure);
        else resolve();
      };
      const onDrain = (): void => settle();
      const onClose = (event: StreamCloseEvent): void => settle(closeError(event));
      const onAbort = (): void => settle(asError(signal?.reason));
      this.#stream.addEventListener("drain", onDrain);
      this.#stream.addEventListener("close", onClose);
      signal?.addEventListener("abort", onAbort);
    });
  }

  /** Ends our side, then waits for the other to end its own: the graceful way out of an exchange. */
  async finish(signal: AbortSignal): Promise<void> {
    await this.#stream.close({ signal });
    while ((await this.readSome(signal)).length > 0);
  }

  /** Resets the stream at once; both sides see a failure. */
  abort(cause: Error): void {
    this.#stream.abort(cause);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stream.status === "open") this.#stream.abort(new Error("stream is no longer needed"));
    this.#stream.removeEventListener("message", this.#onMessage);
    this.#stream.removeEventListener("remoteCloseWrite", this.#onEnd);
    this.#stream.removeEventListener("end", this.#onEnd);
    this.#stream.removeEventListener("close", this.#onClose);
    this.#frames = [];
  }

  /** Resolves when there are frames or the end; what came before a failure is read first. */
  async #arrival(signal: AbortSignal | undefined): Promise<void> {
    while (this.#frames.length === 0) {
      signal?.throwIfAborted();
      if (this.#failure) throw this.#failure;
      if (this.#ended && this.#stream.readBufferLength === 0) {
        if (this.#body || this.#headerBytes > 0) throw new TocsinError("PEER_PROTOCOL", "the peer cut a frame short");
        return;
      }
      await this.#wake.wait(signal);
    }
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    try {
      const pieces = event.data instanceof Uint8Array ? [event.data] : event.data;
      for (const piece of pieces) this.#take(piece);
      // Deferred: a pause within the call of resume() that brought this event would be undone by it.
      if (this.#framesCost > HIGH_WATER_BYTES) queueMicrotask(() => this.#pause());
    } catch (cause) {
      this.#failure = asError(cause);
      this.#stream.abort(this.#failure);
    }
    this.#wake.wake();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#wake.wake();
  };

  readonly #onClose = (event: StreamCloseEvent): void => {
    this.#ended = true;
    if (event.error) this.#failure ??= closeError(event);
    this.#wake.wake();
  };

  /** Cuts a chunk, which may begin and end anywhere, into frames. */
  #take(piece: Uint8Array): void {
    this.#meter.received(piece.length);
    for (let at = 0; at < piece.length;) {
      if (!this.#body) {
        const part = piece.subarray(at, at + HEADER_BYTES - this.#headerBytes);
        this.#header.set(part, this.#headerBytes);
        this.#headerBytes += part.length;
        at += part.length;
        if (this.#headerBytes < HEADER_BYTES) return;
        this.#body = new Uint8Array(frameLength(this.#header));
        this.#bodyBytes = 0;
      }
      const part = piece.subarray(at, at + this.#body.length - this.#bodyBytes);
      this.#body.set(part, this.#bodyBytes);
      this.#bodyBytes += part.length;
      at += part.length;
      if (this.#bodyBytes < this.#body.length) return;
      this.#frames.push(this.#body);
      this.#framesCost += this.#body.length + FRAME_OVERHEAD_BYTES;
      this.#body = undefined;
      this.#headerBytes = 0;
    }
  }

  #pause(): void {
    if (this.#framesCost > HIGH_WATER_BYTES && this.#stream.readStatus === "readable") this.#stream.pause();
  }

  #resume(): void {
    if (this.#framesCost <= HIGH_WATER_BYTES / 4 && this.#stream.readStatus === "paused") this.#stream.resume();
  }
}

/** What the header says, refused before any memory is set aside for it. */
function frameLength(header: Uint8Array): number {
  const length = new DataView(header.buffer, header.byteOffset).getUint32(0);
  if (length === 0 || length > limits.frameBytesMax) {
    throw new TocsinError("PEER_PROTOCOL", `the peer announced a frame of ${length} bytes`);
  }
  return length;
}

/** libp2p rejects with events here and there; everyone else expects errors. */
function closeError(event: StreamCloseEvent): Error {
  return event.error ?? new Error("stream is closed");
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error("stream failed", { cause });
}
