// Real nodes on a schema of their own, for the tests here: started, killed, stopped; what is left is removed.
import { execFile, execFileSync, spawn } from "node:child_process";
import { mkdirSync, openSync, writeFileSync, rmSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const build = resolve(process.env.WEIR_BUILD_DIR ?? "../../build/release");
const program = join(build, `weir${process.env.WEIR_SUFFIX ?? ""}`);
const url = process.env.WEIR_TEST_DATABASE_URL;
if (!url) throw new Error("WEIR_TEST_DATABASE_URL is not set: it names the database for tests");
let made = 0;

/// Polls until `look` gives something true, and returns it.
export async function waitFor(what, look, seconds = 15, pause = 50) {
  for (const end = Date.now() + 1000 * seconds; ;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((done) => setTimeout(done, pause));
  }
}

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

const WORK = `
[stream.partner]
mode = "single"
[stream.mail]
mode = "parallel"
partitions = 16
[action.update]
stream = "partner"
type = "exec"
command = ["sleep", "0.2"]
[action.mail]
stream = "mail"
type = "noop"
[action.slow]
type = "exec"
command = ["sleep", "60"]
[action.later]
type = "exec"
command = ["sh", "-c", "echo the partner answered 500: out of paper; exit 75"]
retry = { every = "1h", max_attempts = 5 }
[action.fails]
type = "exec"
command = ["sh", "-c", "echo no such customer; exit 1"]
[schedule.nightly]
task = "mail"
cron = "0 2 * * *"
zone = "Pacific/Auckland"
[schedule.prices]
task = "mail"
cron = "*/15 8-18 * * 1-5"
zone = "Europe/Oslo"
`;

export class Cluster {
  #nodes = new Map();
  #ports = new Map();
  tokens = {};

  /// `tokens`: roles for which tokens are made; without any nobody is asked for one.
  static async start({ names = ["n1", "n2", "n3"], basePath = "/", config = WORK, tokens = [] } = {}) {
    const cluster = new Cluster();
    cluster.schema = `weir_browser_${process.pid}_${++made}`;
    cluster.folder = join(build, "browser", cluster.schema);
    cluster.basePath = basePath;
    cluster.names = names;
    try {
      await cluster.#prepare(config, tokens);
    } catch (why) {
      await cluster.stop();
      throw why;
    }
    return cluster;
  }

  async #prepare(config, tokens) {
    const file = join(this.folder, "tokens");
    mkdirSync(this.folder, { recursive: true });
    for (const [i, name] of this.names.entries()) {
      this.#ports.set(name, await freePort());
      const text = JSON.stringify;
      mkdirSync(join(this.folder, `${i}`));
      writeFileSync(
        this.#config(name),
        `[database]\nurl = ${text(url)}\nschema = ${text(this.schema)}\n` +
          `[node]\nname = ${text(name)}\nlisten = "127.0.0.1:0"\n` +
          `state_dir = ${text(join(this.folder, `${i}`, "state"))}\n` +
          `[http]\nlisten = "127.0.0.1:${this.#ports.get(name)}"\nbase_path = ${text(this.basePath)}\n` +
          (tokens.length ? `tokens_file = ${text(file)}\n` : "") +
          config,
      );
    }
    for (const role of tokens)
      this.tokens[role] = (await this.weir("token", "create", `a-${role}`, "--role", role)).trim();
    await this.weir("db", "migrate");
    for (const name of this.names) this.begin(name);
    await waitFor(
      "active nodes and a leader",
      async () => {
        const now = await this.status();
        return now.leader && now.nodes.filter((n) => n.state === "active").length === this.names.length;
      },
      30,
    );
  }

  #config(name) {
    return join(this.folder, `${this.names.indexOf(name)}`, "weir.toml");
  }

  #environment() {
    const kept = Object.entries(process.env).filter(([k]) => !/^(WEIR_(?!WEB_DIR)|PG|DATABASE_URL)/.test(k));
    return Object.fromEntries(kept);
  }

  begin(name) {
    const log = openSync(join(this.folder, `${this.names.indexOf(name)}.log`), "a");
    this.#nodes.set(
      name,
      spawn(program, ["run", "--config", this.#config(name)], {
        stdio: ["ignore", log, log],
        env: this.#environment(),
      }),
    );
  }

  #ended(child) {
    return child.exitCode !== null || child.signalCode !== null
      ? null
      : new Promise((done) => child.once("exit", done));
  }

  async kill(name) {
    const child = this.#nodes.get(name);
    child.kill("SIGKILL");
    await this.#ended(child);
  }

  page(name = this.names[0]) {
    return `http://127.0.0.1:${this.#ports.get(name)}${this.basePath.replace(/\/$/, "")}/`;
  }

  async weir(...words) {
    const { stdout } = await run(program, [...words, "--config", this.#config(this.names[0])], {
      env: this.#environment(),
      maxBuffer: 1 << 26,
    });
    return stdout;
  }

  status = async () => JSON.parse(await this.weir("status", "-o", "json"));

  /// The API, past the browser. {status, body}
  async api(method, path, body, role = Object.keys(this.tokens).at(-1)) {
    const headers = role ? { Authorization: `Bearer ${this.tokens[role]}` } : {};
    const reply = await fetch(`${this.page()}api/v1/${path}`, { method, headers, body: body && JSON.stringify(body) });
    return { status: reply.status, body: await reply.json() };
  }

  async enqueue(name, more = {}) {
    const { status, body } = await this.api("POST", "tasks", { name, ...more });
    if (status !== 201) throw new Error(`enqueueing ${name}: ${body.detail}`);
    return body.id;
  }

  task = async (id) => (await this.api("GET", `tasks/${id}`)).body;

  sql(text) {
    return execFileSync(
      "psql",
      ["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", text.replaceAll("weir.", `${this.schema}.`)],
      { encoding: "utf8" },
    ).trim();
  }

  log = (name) => readFileSync(join(this.folder, `${this.names.indexOf(name)}.log`), "utf8");

  async stop() {
    for (const child of this.#nodes.values()) child.kill("SIGTERM");
    const late = setTimeout(() => this.#nodes.forEach((child) => child.kill("SIGKILL")), 15000);
    await Promise.all([...this.#nodes.values()].map((child) => this.#ended(child)));
    clearTimeout(late);
    this.sql(`set client_min_messages = warning; drop schema if exists ${this.schema} cascade`);
    if (!process.env.WEIR_KEEP) rmSync(this.folder, { recursive: true, force: true });
  }
}
