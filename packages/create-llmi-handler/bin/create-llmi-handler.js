#!/usr/bin/env node
import { runCreate } from '../dist/index.js';

process.exitCode = await runCreate(process.argv.slice(2), { input: process.stdin, output: process.stdout, folder: process.cwd(), userAgent: process.env.npm_config_user_agent });
