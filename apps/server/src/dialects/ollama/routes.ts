import type { FastifyInstance } from 'fastify';
import type { Gateway } from '../../gateway.js';
import { embedRoutes } from './embed-routes.js';
import { installRoutes } from './install-routes.js';
import { KeepAlive } from './keep-alive.js';
import { modelRoutes } from './model-routes.js';
import { textRoutes } from './text-routes.js';

/** Ollama's API. */
export function ollamaRoutes(app: FastifyInstance, gateway: Gateway): void {
  const keepAlive = new KeepAlive(gateway.engine);
  textRoutes(app, gateway, keepAlive);
  embedRoutes(app, gateway, keepAlive);
  modelRoutes(app, gateway);
  installRoutes(app, gateway);
}
