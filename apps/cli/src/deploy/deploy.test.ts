import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { compose, docker } from './docker.js';
import { kubernetes } from './kubernetes.js';
import { systemd } from './systemd.js';
import type { DeployPlan } from './target.js';

const plan: DeployPlan = { model: 'Qwen/Qwen3-0.6B-GGUF:Q8_0@0123456789abcdef0123456789abcdef01234567', name: 'llmi-qwen3', version: '1.2.3', port: 9000, memoryMiB: 2048, diskGiB: 3, gpu: false };
const has = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;

describe('docker', () => {
  it('bakes the model into an image that needs a key and no network', () => {
    const { files, commands } = docker(plan);
    const lines = files['Dockerfile']!.split('\n');
    expect(lines[0]).toBe('FROM node:24-slim');
    expect(files['Dockerfile']).toContain(`llmi install ${plan.model} --yes --force`);
    expect(lines.indexOf('USER node')).toBeLessThan(lines.findIndex((line) => line.includes('llmi install')));
    expect(files['Dockerfile']).not.toMatch(/ENV .*HF_TOKEN/); // would stay in the image
    expect(JSON.parse(lines.at(-2)!.replace('CMD ', ''))).toEqual(['llmi', 'serve', '--host', '0.0.0.0', '--port', '9000']);
    expect(commands.join('\n')).toMatch(/--memory 2048m .*--publish 127\.0\.0\.1:9000:9000 --env LLMI_API_KEY/);
    expect(docker({ ...plan, gpu: true }).commands.join()).toContain('--gpus all');
  });

  it('composes a service with limits', () => {
    const { services } = parse(compose(plan).files['compose.yaml']!) as { services: Record<string, Record<string, unknown>> };
    expect(services['llmi-qwen3']).toMatchObject({ read_only: true, ports: ['127.0.0.1:9000:9000'], cap_drop: ['ALL'], deploy: { resources: { limits: { memory: '2048M' } } } });
    const withGpu = parse(compose({ ...plan, gpu: true }).files['compose.yaml']!) as typeof services;
    expect(JSON.stringify(withGpu)).toContain('"capabilities":["gpu"]');
  });
});

describe('kubernetes', () => {
  const read = (gpu: boolean) => parseAllDocuments(kubernetes({ ...plan, gpu }).files['kubernetes.yaml']!).map((document) => document.toJS() as { kind: string; spec: Record<string, never> });

  it('asks for what the model needs, and is ready when the server is', () => {
    const [deployment, service] = read(false);
    expect([deployment!.kind, service!.kind]).toEqual(['Deployment', 'Service']);
    const pod = (deployment!.spec as unknown as { template: { metadata: { labels: unknown }; spec: { terminationGracePeriodSeconds: number; containers: Record<string, unknown>[] } } }).template;
    expect(pod.spec.terminationGracePeriodSeconds).toBe(35);
    expect(pod.spec.containers[0]).toMatchObject({
      ports: [{ containerPort: 9000 }],
      readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
      resources: { requests: { memory: '2048Mi', 'ephemeral-storage': '3Gi' }, limits: { memory: '2048Mi' } },
      env: [{ name: 'LLMI_API_KEY', valueFrom: { secretKeyRef: { name: 'llmi-qwen3', key: 'api-key' } } }, {}],
    });
    expect((service!.spec as unknown as { selector: unknown }).selector).toEqual(pod.metadata.labels);
    expect(JSON.stringify(read(true)[0])).toContain('"nvidia.com/gpu":1');
  });
});

describe('systemd', () => {
  const unit = systemd(plan).files['llmi-qwen3.service']!;

  it('runs under a user of its own, within its memory', () => {
    for (const line of ['DynamicUser=yes', 'MemoryMax=2048M', 'TimeoutStopSec=35', 'ExecStart=/usr/bin/env llmi serve --port 9000']) expect(unit.split('\n')).toContain(line);
  });

  it.skipIf(!has('systemd-analyze', '--version'))('is a unit that systemd takes', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'llmi-unit-')), 'llmi-qwen3.service');
    writeFileSync(path, unit);
    expect(spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' }).stderr.split('\n').filter((line) => line.includes('llmi-qwen3'))).toEqual([]);
  });
});
