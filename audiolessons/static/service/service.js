// The page of the service: records or takes a file, sends it, shows the answer. Nothing is stored.
const MOST_S = 30;
const WHILE_RECORDING = `Recording, ${MOST_S} seconds at most.`;
const by = (id) => document.getElementById(id);
const say = (text) => { by("state").textContent = text; };
let recording = null;
let starts = false;
let urls = [];

function level(value) {
  by("meter").firstElementChild.style.width = `${Math.min(100, 100 * value)}%`;
}

async function begin() {
  if (starts) return; // a second click while the browser asks: one microphone is enough
  starts = true;
  let stream = null;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false },
    });
    await record(stream);
  } catch (error) {
    stream?.getTracks().forEach((track) => track.stop());
    throw error;
  } finally {
    starts = false;
  }
}

async function record(stream) {
  const context = new AudioContext();
  await context.audioWorklet.addModule("/recorder.js");
  const node = new AudioWorkletNode(context, "recorder", { numberOfOutputs: 0 });
  const parts = [];
  let samples = 0;
  node.port.onmessage = ({ data }) => {
    parts.push(data);
    samples += data.length;
    level(data.reduce((most, one) => Math.max(most, Math.abs(one)), 0));
    if (samples > MOST_S * context.sampleRate) end();
  };
  context.createMediaStreamSource(stream).connect(node);
  recording = { stream, context, parts };
  by("record").textContent = "Stop";
  by("record").setAttribute("aria-pressed", "true");
  say(WHILE_RECORDING);
}

async function end() {
  if (!recording) return;
  const { stream, context, parts } = recording;
  recording = null;
  stream.getTracks().forEach((track) => track.stop());
  const rate = context.sampleRate;
  await context.close();
  level(0);
  by("record").textContent = "Record";
  by("record").setAttribute("aria-pressed", "false");
  const longest = MOST_S * rate;
  const audio = new Float32Array(Math.min(longest, parts.reduce((n, one) => n + one.length, 0)));
  let place = 0;
  for (const part of parts) {
    const fits = part.subarray(0, audio.length - place);
    audio.set(fits, place);
    place += fits.length;
  }
  await send(wav(audio, rate));
}

// A WAV file of 16 bits, one channel.
function wav(audio, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * audio.length));
  const text = (at, word) => [...word].forEach((c, n) => view.setUint8(at + n, c.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + 2 * audio.length, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * audio.length, true);
  audio.forEach((one, n) => {
    view.setInt16(44 + 2 * n, Math.round(Math.max(-1, Math.min(1, one)) * 32767), true);
  });
  return new Blob([view.buffer], { type: "audio/wav" });
}

async function ask(path, sound) {
  const headers = { "Content-Type": sound.type.startsWith("audio/") ? sound.type : "application/octet-stream" };
  if (by("key").value) headers.Authorization = `Bearer ${by("key").value}`;
  const answer = await fetch(path, { method: "POST", headers, body: sound });
  if (answer.ok) return answer;
  if (answer.status === 401) by("key-line").hidden = false;
  const problem = await answer.json().catch(() => ({ message: `error ${answer.status}` }));
  throw new Error(problem.message);
}

async function send(sound) {
  forget();
  say("Sent; waiting for the answer.");
  try {
    const heard = await (await ask("/v1/recognise", sound)).json();
    const cleaned = await (await ask("/v1/denoise", sound)).blob();
    by("heard").textContent = heard.text || "no digit";
    urls = [sound, cleaned].map((one) => URL.createObjectURL(one));
    [by("before").src, by("after").src] = urls;
    by("answer").hidden = false;
    say(`Answered: ${heard.duration_s} seconds.`);
  } catch (error) {
    say(`Not answered: ${error.message}`);
  }
}

function forget() {
  for (const name of ["before", "after"]) {
    by(name).removeAttribute("src");
    by(name).load();
  }
  urls.forEach((url) => URL.revokeObjectURL(url));
  urls = [];
  by("heard").textContent = "";
  by("answer").hidden = true;
  say(recording ? WHILE_RECORDING : "Nothing is recorded.");
}

by("record").addEventListener("click", () => {
  (recording ? end() : begin()).catch((error) => say(`No sound from a microphone: ${error.message}`));
});
by("file").addEventListener("change", ({ target }) => {
  if (target.files.length) send(target.files[0]).finally(() => { target.value = ""; });
});
by("forget").addEventListener("click", forget);
by("key-line").addEventListener("submit", (event) => event.preventDefault());
