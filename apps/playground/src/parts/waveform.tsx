import { useEffect, useRef } from 'preact/hooks';

const bars = 240;

/** The loudness of a sound over its time; a click tells the place, in seconds. */
export function Waveform({ url, onSeek }: { url: string; onSeek?: (seconds: number) => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const duration = useRef(0);
  useEffect(() => {
    let isCurrent = true;
    void draw(url).catch(() => undefined); // a format that the browser cannot read has no picture, and its player says so
    async function draw(source: string) {
      const context = new AudioContext();
      try {
        const sound = await context.decodeAudioData(bytesOf(source));
        duration.current = sound.duration;
        if (isCurrent && canvas.current) paint(canvas.current, sound.getChannelData(0));
      } finally {
        await context.close();
      }
    }
    return () => {
      isCurrent = false;
    };
  }, [url]);
  const seek = (event: MouseEvent) => onSeek?.((event.offsetX / canvas.current!.clientWidth) * duration.current);
  return <canvas ref={canvas} class="waveform" width={bars * 4} height={96} onClick={seek} role="img" aria-label="Loudness over time" />;
}

/** The page may fetch nothing but the server's own answers: a data URL is read by hand. */
function bytesOf(dataUrl: string): ArrayBuffer {
  const binary = atob(dataUrl.slice(dataUrl.indexOf(',') + 1));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0)).buffer;
}

function paint(canvas: HTMLCanvasElement, samples: Float32Array): void {
  const context = canvas.getContext('2d')!;
  const perBar = Math.max(1, Math.floor(samples.length / bars));
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = getComputedStyle(canvas).color;
  for (let bar = 0; bar < bars; bar++) {
    let peak = 0;
    for (let index = bar * perBar; index < Math.min(samples.length, (bar + 1) * perBar); index++) peak = Math.max(peak, Math.abs(samples[index]!));
    const height = Math.max(2, peak * canvas.height);
    context.fillRect(bar * 4, (canvas.height - height) / 2, 3, height);
  }
}
