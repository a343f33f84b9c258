import { delimiter } from 'node:path';

/*
 * The one place outside the apps that reads the environment: a child process must inherit part of it, and programs are found by
 * it. Settings never come from here.
 */

/** What a runner may know: how to find programs, libraries, GPUs and folders. No secrets. */
const inherited = new RegExp(
  `^(${[
    'PATH|HOME|LANG|LC_.*|TZ|TMPDIR|TEMP|TMP|(DY)?LD_.*',
    'USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES.*|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT', // Windows
    'XDG_(DATA|CONFIG)_(DIRS|HOME)|XDG_RUNTIME_DIR|VK_.*|MESA_.*', // where Vulkan finds its drivers
    'CUDA_.*|NVIDIA_.*|HIP_.*|HSA_.*|ROCR_.*|ROCM_.*|ONEAPI_.*|ZE_.*|GGML_.*|OMP_.*',
  ].join('|')})$`,
  'i',
);

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
