// WAV files: written with 16 bits and one channel; of others, the rate that their head tells.

const text = (view, at) => String.fromCharCode(...new Uint8Array(view.buffer, at, 4));

export function wavOf(audio, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * audio.length));
  const write = (at, word) => [...word].forEach((c, n) => view.setUint8(at + n, c.charCodeAt(0)));
  write(0, "RIFF");
  view.setUint32(4, 36 + 2 * audio.length, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  write(36, "data");
  view.setUint32(40, 2 * audio.length, true);
  audio.forEach((one, n) => {
    view.setInt16(44 + 2 * n, Math.round(Math.max(-1, Math.min(1, one)) * 32767), true);
  });
  return new Blob([view.buffer], { type: "audio/wav" });
}

// In Hz; null if it is no WAV file.
export function wavRate(buffer) {
  const view = new DataView(buffer);
  if (view.byteLength < 12 || text(view, 0) !== "RIFF" || text(view, 8) !== "WAVE") return null;
  for (let at = 12; at + 16 <= view.byteLength; ) {
    if (text(view, at) === "fmt ") return view.getUint32(at + 12, true);
    at += 8 + view.getUint32(at + 4, true);
    at += at % 2;
  }
  return null;
}
