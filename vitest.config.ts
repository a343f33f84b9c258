import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{packages,apps,tooling,examples}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Native runtimes keep process-wide state, so each test file has a process of its own.
    pool: 'forks',
    // By default one core is kept free for a watcher; these files wait for processes and disks more than they compute.
    maxWorkers: '100%',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: { UV_THREADPOOL_SIZE: '1', NO_COLOR: '1' },
    globalSetup: './tooling/own-temporary-folder.ts',
    reporters: ['default', './tooling/closing-line-reporter.ts'],
  },
});
