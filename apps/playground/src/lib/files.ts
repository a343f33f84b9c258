/** A file as a data URL, which is how requests carry it. */
export function dataUrl(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error ?? new Error('The file cannot be read.'));
    reader.readAsDataURL(file);
  });
}

/** Files of a paste or a drop whose type begins so: `image/`. */
export function filesOf(transfer: DataTransfer | null, type: string): File[] {
  return [...(transfer?.files ?? [])].filter((file) => file.type.startsWith(type));
}

export function mediaUrl(base64: string, mimeType: string): string {
  return base64.startsWith('data:') ? base64 : `data:${mimeType};base64,${base64}`;
}

/** Offers bytes or text for saving. */
export function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
