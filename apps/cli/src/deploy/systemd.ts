import { graceSeconds, quoted, type Deployment, type DeployPlan } from './target.js';

/** A service of the system, under a user of its own, that sees little of the machine. Source: systemd.exec(5), systemd.resource-control(5). */
export function systemd({ name, model, port, memoryMiB, version }: DeployPlan): Deployment {
  const unit = `[Unit]
Description=llmi: ${model.replaceAll('%', '%%')}
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=/usr/bin/env llmi serve --port ${port}
ExecReload=/bin/kill -HUP $MAINPID
Environment=LLMI_HOME=/var/lib/${name}/llmi HF_HOME=/var/lib/${name}/huggingface HF_HUB_OFFLINE=1
# To listen beyond this machine: --host 0.0.0.0 above, and here LLMI_API_KEY=...
EnvironmentFile=-/etc/${name}.env
DynamicUser=yes
StateDirectory=${name}
Restart=on-failure
RestartSec=2
TimeoutStopSec=${graceSeconds + 5}
MemoryMax=${memoryMiB}M
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
LockPersonality=yes

[Install]
WantedBy=multi-user.target
`;
  return {
    files: { [`${name}.service`]: unit },
    commands: [
      `sudo env ONNXRUNTIME_NODE_INSTALL=skip npm install --global llmi@${version}`,
      `sudo cp ${name}.service /etc/systemd/system/`,
      `sudo systemd-run --wait --pipe -p DynamicUser=yes -p StateDirectory=${name} -E LLMI_HOME=/var/lib/${name}/llmi -E HF_HOME=/var/lib/${name}/huggingface -E HF_TOKEN llmi install ${quoted(model)} --yes`,
      `sudo systemctl enable --now ${name}`,
    ],
  };
}
