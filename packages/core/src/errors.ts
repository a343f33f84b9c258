/** One row per error code: the HTTP status and the CLI exit code it is answered with. */
interface ErrorKind {
  readonly status: number;
  readonly exitCode: number;
}

const kind = (status: number, exitCode: number): ErrorKind => ({ status, exitCode });

/**
 * Every error code of llmi. A code never changes meaning once released; `docs/errors.md` explains each.
 * Exit codes: 1 failed, 2 wrong usage, 3 not found, 4 does not fit this machine, 5 needs a login or a licence, 130 interrupted.
 */
export const errorKinds = {
  // What was asked
  INPUT_INVALID: kind(400, 2),
  INPUT_UNSUPPORTED: kind(422, 2),
  CONTEXT_LENGTH_EXCEEDED: kind(400, 2),
  MODE_UNSUPPORTED: kind(400, 2),
  TASK_UNSUPPORTED: kind(422, 2),
  TEMPLATE_FAILED: kind(422, 1),
  USAGE: kind(400, 2),

  // Models and their files
  MODEL_REFERENCE_INVALID: kind(400, 2),
  MODEL_NOT_FOUND: kind(404, 3),
  MODEL_NOT_INSTALLED: kind(404, 3),
  MODEL_AMBIGUOUS: kind(400, 2),
  MODEL_UNKNOWN_KIND: kind(422, 1),
  MODEL_FILE_MISSING: kind(503, 1),
  MODEL_FILE_CORRUPT: kind(503, 1),
  MODEL_FILE_REFUSED: kind(422, 1),
  MODEL_FORMAT_UNSUPPORTED: kind(422, 1),
  FILE_CHOICE_EMPTY: kind(404, 3),
  MODEL_LOAD_FAILED: kind(503, 1),
  MODEL_DISPOSED: kind(503, 1),
  MODEL_NOT_LOADED: kind(503, 1),
  MODEL_IN_USE: kind(409, 1),

  // Handlers
  HANDLER_NOT_FOUND: kind(422, 3),
  HANDLER_CONFLICT: kind(409, 1),
  HANDLER_INVALID: kind(503, 1),
  DEPENDENCY_MISSING: kind(503, 1),

  // The hub
  HUB_UNREACHABLE: kind(503, 1),
  HUB_REFUSED: kind(503, 1),
  HUB_OFFLINE: kind(503, 1),
  HUB_AUTH_REQUIRED: kind(401, 5),
  HUB_LICENSE_REQUIRED: kind(403, 5),
  DOWNLOAD_CORRUPT: kind(503, 1),

  // The machine
  MEMORY_INSUFFICIENT: kind(507, 4),
  DISK_FULL: kind(507, 4),
  PERMISSION_DENIED: kind(503, 1),
  PORT_IN_USE: kind(503, 1),
  ADDRESS_NOT_ALLOWED: kind(400, 2),
  CONFIG_INVALID: kind(400, 2),
  INSTALL_LOCKED: kind(409, 1),

  // Serving
  UNAUTHORIZED: kind(401, 5),
  FORBIDDEN: kind(403, 5),
  NOT_FOUND: kind(404, 3),
  METHOD_NOT_ALLOWED: kind(405, 2),
  PAYLOAD_TOO_LARGE: kind(413, 2),
  UNSUPPORTED_MEDIA_TYPE: kind(415, 2),
  QUEUE_FULL: kind(429, 1),
  RATE_LIMITED: kind(429, 1),
  REMOTE_UNREACHABLE: kind(503, 1),
  REMOTE_FAILED: kind(502, 1),
  RUNNER_CRASHED: kind(503, 1),
  RUNNER_TIMEOUT: kind(503, 1),
  DEADLINE_EXCEEDED: kind(504, 1),
  SHUTTING_DOWN: kind(503, 1),
  CANCELLED: kind(499, 130),
  INTERNAL: kind(500, 1),
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

export interface ErrorOptions {
  /** What happened, one sentence. */
  message: string;
  /** What to do next, for the person. */
  hint?: string;
  /** The request field it is about, as on the wire: `messages[0].content`. */
  param?: string;
  cause?: unknown;
}

/** The JSON form of an error, as it crosses a process or HTTP. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  hint?: string;
  param?: string;
}

const brand = Symbol.for('llmi.error');

/** Every error that llmi throws on purpose: `code` is for programs, `hint` for the person. */
export class LlmiError extends Error {
  override readonly name = 'LlmiError';
  readonly [brand] = true;
  readonly hint: string | undefined;
  readonly param: string | undefined;

  constructor(
    readonly code: ErrorCode,
    { message, hint, param, cause }: ErrorOptions,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.hint = hint;
    this.param = param;
  }

  /** HTTP status this error is answered with. */
  get status(): number {
    return (errorKinds[this.code] ?? errorKinds.INTERNAL).status;
  }

  /** Exit code of the CLI for this error. */
  get exitCode(): number {
    return (errorKinds[this.code] ?? errorKinds.INTERNAL).exitCode;
  }

  toJSON(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.param === undefined ? {} : { param: this.param }),
    };
  }

  /** True for an LlmiError of any copy of this package: two may be installed. */
  static is(value: unknown): value is LlmiError {
    return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true;
  }

  /** The error behind `value`: itself when it is ours, otherwise wrapped under `code` with the original as `cause`. */
  static from(value: unknown, code: ErrorCode = 'INTERNAL', hint?: string): LlmiError {
    if (LlmiError.is(value)) return value;
    const message = value instanceof Error ? value.message : String(value);
    return new LlmiError(code, { message, hint, cause: value });
  }

  /** The inverse of `toJSON`, for an error that came from another process. */
  static fromJSON(body: ErrorBody): LlmiError {
    const code = Object.hasOwn(errorKinds, body.code) ? body.code : 'INTERNAL';
    return new LlmiError(code, { message: body.message, hint: body.hint, param: body.param });
  }
}

/** True when `error` is what an aborted call rejects with. */
export function isAbort(error: unknown, signal?: AbortSignal): boolean {
  if (signal?.aborted && error === signal.reason) return true;
  return error instanceof Error && error.name === 'AbortError';
}
