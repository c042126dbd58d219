// The page of the service: records or takes a file, sends it, shows the answer. Nothing is stored.
import { record } from "./microphone.js";
import { wavOf } from "./wav.js";

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
  try {
    recording = await record({ mostSeconds: MOST_S, onLevel: level, onFull: end });
  } finally {
    starts = false;
  }
  by("record").textContent = "Stop";
  by("record").setAttribute("aria-pressed", "true");
  say(WHILE_RECORDING);
}

async function end() {
  if (!recording) return;
  const stop = recording;
  recording = null;
  const { audio, rate } = await stop();
  level(0);
  by("record").textContent = "Record";
  by("record").setAttribute("aria-pressed", "false");
  await send(wavOf(audio, rate));
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
