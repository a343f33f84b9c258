/**
 * What the handler guide asks of a handler, item by item, in llmi's words. Every check belongs to one of them.
 * Source: "Handler Checklist" of the Handler Development Guide; docs/add-a-handler.md.
 */
export const checklist = {
  baseHandler: 'extends BaseHandler',
  methods: 'implements the required methods',
  errors: 'throws typed errors with hints, and frees what it holds on every way out',
  logging: 'logs nothing itself',
  memory: 'gives its memory back',
  responses: 'answers with the standard results',
  notes: 'has installation notes for what is special',
  manifest: 'has its manifest in package.json',
  model: 'was tried with a model',
  documentation: 'is documented',
  generation: 'supports the generation methods that fit, through its events',
  capabilities: "declares its capabilities from the model's own files",
} as const;

export type ChecklistItem = keyof typeof checklist;
export const checklistItems = Object.keys(checklist) as ChecklistItem[];
