import { delimiter } from 'node:path';

/*
 * The one place outside the apps that reads the environment: a child process must inherit part of it, and programs are found by
 * it. Settings never come from here.
 */

/** What a runner may know: how to find programs, libraries, GPUs and folders. No secrets. */
const inherited = /^(PATH|HOME|USERPROFILE|LANG|LC_.*|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT|WINDIR|(DY)?LD_.*|CUDA_.*|NVIDIA_.*|HIP_.*|ROCR_.*|VK_.*|GGML_.*|OMP_.*)$/i;

/**
 * The environment of a runner. UV_THREADPOOL_SIZE=1 keeps libuv's pool from competing with llama.cpp's compute threads: with two
 * of them decoding is more than twice as fast. It counts only when it is set before the process starts.
 */
export function runnerEnvironment(): NodeJS.ProcessEnv {
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => inherited.test(name))), UV_THREADPOOL_SIZE: '1' };
}

/** The folders that programs are looked for in. */
export function programFolders(): string[] {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
}
