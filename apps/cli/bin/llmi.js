#!/usr/bin/env node
import module from 'node:module';

module.enableCompileCache?.(); // Node 22.8 and newer: the second start compiles nothing

import('../dist/main.js').catch((error) => {
  // A repository that was cloned and not yet built has no dist.
  const isUnbuilt = error?.code === 'ERR_MODULE_NOT_FOUND' && /main\.js/.test(error.message);
  if (!isUnbuilt) throw error;
  console.error('error: llmi is not built yet.\n  Run "pnpm install" and "pnpm build" at the root of the repository.');
  process.exitCode = 1;
});
