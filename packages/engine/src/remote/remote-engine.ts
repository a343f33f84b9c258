/** Another engine on the network, whose models are served beside the local ones. */
export interface RemoteEngine {
  /** What its model is called here. An engine with several models has them as `name/model`; several engines of one name share its requests. */
  name: string;
  /** Root of the server or of its OpenAI API: http://10.0.0.5:8000, http://10.0.0.5:8000/v1 */
  url: string;
  apiKey?: string;
  /** Share of the requests beside other engines of the same name. Default 1. */
  weight?: number;
  /** The one model to use, of those that it has. */
  model?: string;
  /** What that model does (`text-to-image`), where the engine does not say. */
  task?: string;
  /** Longest time without a byte, in seconds. Default 300. */
  timeoutSeconds?: number;
}

/** What stands as the handler of such a model. */
export const remoteHandlerName = 'remote';
