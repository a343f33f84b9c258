import packageJson from '../package.json' with { type: 'json' };

// Nothing else is imported before the version is printed: starting must cost nothing.
if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2]!)) {
  process.stdout.write(`${packageJson.version}\n`);
} else {
  const { main } = await import('./process-main.js');
  await main(process.argv.slice(2));
}
