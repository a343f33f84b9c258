/** Where models come from and where they are kept. The library reads no environment: everything is said here. */
export interface HubSettings {
  /** Origin of the hub: https://huggingface.co, or a mirror. */
  endpoint: string;
  /** Access token; sent to `endpoint` and to nobody else. */
  token?: string;
  /** The Hugging Face hub cache, `<HF_HOME>/hub`: shared with Python and other tools. */
  cacheDir: string;
  /** Ask nobody: use what the cache has. */
  offline?: boolean;
  /** URL of an HTTP proxy, with name and password if it wants them; everything goes through its CONNECT. */
  proxy?: string;
  userAgent?: string;
  /** Silence, in milliseconds, after which a connection counts as broken and is tried again. */
  timeoutMs?: number;
  /** Downloads take no more of the network than this. */
  maxBytesPerSecond?: number;
}

export const defaultTimeoutMs = 30_000;
