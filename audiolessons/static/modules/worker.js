// Runs the networks beside the page, so that it stays awake: loads them when it is told to, and
// answers one sound after another. Nothing that it hears leaves it but the answer.
import { bandsOfWord, resample } from "./features.js";

let ort;
let told;
const sessions = {};

// The content of a compressed file; `seen` is told of the bytes as they come.
async function contentOf(address, seen) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} is not there (status ${answer.status})`);
  const counted = new TransformStream({
    transform(part, stream) {
      seen(part.length);
      stream.enqueue(part);
    },
  });
  const plain = answer.body.pipeThrough(counted).pipeThrough(new DecompressionStream("gzip"));
  return new Response(plain).arrayBuffer();
}

async function load(about) {
  told = about;
  let bytes = 0;
  const seen = (n) => postMessage({ share: Math.min(1, (bytes += n) / about.bytes) });
  const names = Object.keys(about.networks);
  const [runtime, ...graphs] = await Promise.all(
    [about.runtime.binary, ...names.map((name) => about.networks[name].file)].map((file) => contentOf(file, seen)),
  );
  ort = await import(about.runtime.script);
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1; // more need headers that not every server sends
  ort.env.wasm.wasmBinary = runtime;
  for (const [n, name] of names.entries()) {
    sessions[name] = await ort.InferenceSession.create(new Uint8Array(graphs[n]), { executionProviders: ["wasm"] });
  }
}

async function run(name, data, dims) {
  const session = sessions[name];
  const began = performance.now();
  const given = { [session.inputNames[0]]: new ort.Tensor("float32", data, dims) };
  const answer = await session.run(given);
  return { data: answer[session.outputNames[0]].data, took: performance.now() - began };
}

async function digits({ audio, rate }) {
  const settings = told.networks.digits;
  const began = performance.now();
  const { bands, nFrames, seconds } = bandsOfWord(audio, rate, settings);
  const took = performance.now() - began;
  const heard = await run("digits", bands, [1, settings.nMels, nFrames]);
  const raised = heard.data.map((one) => Math.exp(one - Math.max(...heard.data)));
  const total = raised.reduce((a, b) => a + b);
  return {
    bands,
    seconds,
    longest: settings.longestSeconds,
    logits: heard.data,
    chances: raised.map((one) => one / total),
    took: took + heard.took,
  };
}

async function denoiser({ audio, rate }) {
  const settings = told.networks.denoiser;
  const noisy = resample(audio, rate, settings.rate);
  const { data, took } = await run("denoiser", noisy, [1, noisy.length]);
  return { noisy, cleaned: data, rate: settings.rate, took };
}

const tasks = { load, digits, denoiser };

onmessage = async ({ data: { task, ...given } }) => {
  try {
    postMessage({ answer: (await tasks[task](given.about ?? given)) ?? {} });
  } catch (error) {
    postMessage({ error: error.message });
  }
};
