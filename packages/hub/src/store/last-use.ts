/** An empty file in a model's folder; the time it was last changed is the model's last use. */
export const lastUseFile = 'last-used';
