// One recording: the microphone is asked for when this is called, and is off again when it ends.

const stop = (stream) => stream.getTracks().forEach((track) => track.stop());

// Resolves once it records, to a function that ends it and gives {audio, rate}. `onLevel` is told
// the peak of each part, `onFull` that the longest recording is reached.
export async function record({ mostSeconds, onLevel, onFull }) {
  if (!navigator.mediaDevices) {
    throw new Error("browsers give a microphone to pages of this machine and to https alone");
  }
  const stream = await navigator.mediaDevices.getUserMedia({
    // As it comes: what a browser would do to a voice, the networks have not learned.
    audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  try {
    return await listen(stream, { mostSeconds, onLevel, onFull });
  } catch (error) {
    stop(stream);
    throw error;
  }
}

async function listen(stream, { mostSeconds, onLevel, onFull }) {
  const context = new AudioContext();
  await context.audioWorklet.addModule(new URL("recorder.js", import.meta.url));
  const node = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0 });
  const rate = context.sampleRate;
  const longest = mostSeconds * rate;
  const parts = [];
  let samples = 0;
  node.port.onmessage = ({ data }) => {
    if (samples >= longest) return;
    parts.push(data);
    samples += data.length;
    onLevel(data.reduce((most, one) => Math.max(most, Math.abs(one)), 0));
    if (samples >= longest) onFull();
  };
  context.createMediaStreamSource(stream).connect(node);
  return async () => {
    stop(stream);
    await context.close();
    const audio = new Float32Array(samples);
    let place = 0;
    for (const part of parts) {
      audio.set(part, place);
      place += part.length;
    }
    return { audio: audio.subarray(0, longest), rate };
  };
}
