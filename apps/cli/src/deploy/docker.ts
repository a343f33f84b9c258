import { graceSeconds, quoted, type Deployment, type DeployPlan } from './target.js';

/** An image with llmi and the model in it: it starts without a network. */
export function dockerfile({ model, version, port, gpu }: DeployPlan): string {
  return `FROM node:24-slim
# The CPU libraries are inside the packages; their install scripts would fetch others.
ENV ONNXRUNTIME_NODE_INSTALL=skip
RUN npm install --global llmi@${version} && npm cache clean --force && llmi slim --yes${gpu ? ' --gpu' : ''}
ENV LLMI_HOME=/srv/llmi HF_HOME=/srv/huggingface
RUN install -d -o node -g node /srv/llmi /srv/huggingface
USER node
# A gated model needs a token: docker build --secret id=hf_token,env=HF_TOKEN .
RUN --mount=type=secret,id=hf_token,uid=1000 HF_TOKEN="$(cat /run/secrets/hf_token 2>/dev/null || true)" llmi install ${quoted(model)} --yes --force
ENV HF_HUB_OFFLINE=1
EXPOSE ${port}
HEALTHCHECK --start-period=60s --interval=10s CMD node -e "fetch('http://127.0.0.1:${port}/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"
STOPSIGNAL SIGTERM
# It listens for other machines, and so it demands LLMI_API_KEY.
CMD ["llmi", "serve", "--host", "0.0.0.0", "--port", "${port}"]
`;
}

export function docker(plan: DeployPlan): Deployment {
  const { name, port, memoryMiB, gpu } = plan;
  return {
    files: { Dockerfile: dockerfile(plan), '.dockerignore': '*\n' },
    commands: [
      `docker build --tag ${name} .`,
      `docker run --rm --init${gpu ? ' --gpus all' : ''} --memory ${memoryMiB}m --stop-timeout ${graceSeconds} --publish 127.0.0.1:${port}:${port} --env LLMI_API_KEY ${name}`,
    ],
  };
}

export function compose(plan: DeployPlan): Deployment {
  const { name, port, memoryMiB, gpu } = plan;
  const file = `services:
  ${name}:
    build: .
    init: true
    restart: unless-stopped
    stop_grace_period: ${graceSeconds}s
    ports:
      - "127.0.0.1:${port}:${port}"
    environment:
      LLMI_API_KEY: \${LLMI_API_KEY:?set LLMI_API_KEY to a secret of your own}
    read_only: true
    tmpfs:
      - /tmp
    volumes:
      - state:/srv/llmi
    cap_drop: [ALL]
    security_opt:
      - no-new-privileges:true
    deploy:
      resources:
        limits:
          memory: ${memoryMiB}M
${gpu ? '        reservations:\n          devices:\n            - driver: nvidia\n              count: 1\n              capabilities: [gpu]\n' : ''}
volumes:
  state:
`;
  return { files: { Dockerfile: dockerfile(plan), '.dockerignore': '*\n', 'compose.yaml': file }, commands: ['LLMI_API_KEY=... docker compose up --build --detach'] };
}
