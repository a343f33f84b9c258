import { dockerfile } from './docker.js';
import { graceSeconds, type Deployment, type DeployPlan } from './target.js';

/** A Deployment and a Service. The image holds the model; the pod is ready when the server says so, and drains when it is asked to go. */
export function kubernetes(plan: DeployPlan): Deployment {
  const { name, port, memoryMiB, gpu, diskGiB } = plan;
  const manifest = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: &labels
    app.kubernetes.io/name: ${name}
spec:
  replicas: 1
  selector:
    matchLabels: *labels
  strategy:
    rollingUpdate:
      maxUnavailable: 0
  template:
    metadata:
      labels: *labels
    spec:
      terminationGracePeriodSeconds: ${graceSeconds + 5}
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 1000
        fsGroup: 1000
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: llmi
          image: ${name}:latest # yours: registry.example/${name}:1
          ports:
            - name: http
              containerPort: ${port}
          env:
            - name: LLMI_API_KEY
              valueFrom:
                secretKeyRef:
                  name: ${name}
                  key: api-key
            - name: LLMI_ALLOWED_HOSTS
              value: ${name}
          startupProbe:
            httpGet: { path: /health, port: http }
            periodSeconds: 2
            failureThreshold: 60
          livenessProbe:
            httpGet: { path: /health, port: http }
            periodSeconds: 10
            failureThreshold: 6
          readinessProbe:
            httpGet: { path: /ready, port: http }
            periodSeconds: 5
          resources:
            requests:
              cpu: "1"
              memory: ${memoryMiB}Mi
              ephemeral-storage: ${diskGiB}Gi
            limits:
              memory: ${memoryMiB}Mi
${gpu ? '              nvidia.com/gpu: 1\n' : ''}          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: scratch
              mountPath: /tmp
      volumes:
        - name: scratch
          emptyDir: {}
---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  labels:
    app.kubernetes.io/name: ${name}
spec:
  selector:
    app.kubernetes.io/name: ${name}
  ports:
    - name: http
      port: 80
      targetPort: http
`;
  return {
    files: { Dockerfile: dockerfile(plan), '.dockerignore': '*\n', 'kubernetes.yaml': manifest },
    commands: [`docker build --tag ${name} . # and push it to your registry`, `kubectl create secret generic ${name} --from-literal=api-key=...`, 'kubectl apply --filename kubernetes.yaml'],
  };
}
