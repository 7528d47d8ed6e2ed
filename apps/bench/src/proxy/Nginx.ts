import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { join } from "node:path"
import * as FreePort from "@payment-proxy/testkit/FreePort"

/** An nginx of our own in front of an upstream. */
export interface Nginx {
  readonly port: number
  readonly pid: number
  readonly close: () => Promise<void>
}

/** Starts a program that ends when we are gone, however that went; says its process id first. */
const tethered = `exec 3<&0
"$@" </dev/null &
pid=$!
echo "$pid"
(read -r line <&3; kill -9 "$pid") >/dev/null 2>&1 &
wait "$pid"`

/** The program from the PATH, if there is one. */
export const find = (): string | undefined =>
  [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"]
    .map((folder) => join(folder, "nginx"))
    .find((file) => existsSync(file))

const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]

/** One worker, no log, connections that stay open on both sides, the headers that every proxy should set. */
const configuration = (folder: string, port: number, upstream: URL): string => `
worker_processes 1;
daemon off;
master_process off;
error_log stderr crit;
pid ${join(folder, "pid")};
events { worker_connections 1024; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${join(folder, name)};`).join("\n  ")}
  keepalive_timeout 3600s;
  keepalive_requests 1000000000;
  upstream upstream { server ${upstream.host}; keepalive 128; keepalive_requests 1000000000; keepalive_timeout 3600s; }
  server {
    listen 127.0.0.1:${port};
    location /proxy/plain/ {
      proxy_pass http://upstream/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }
  }
}
`

const opened = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => done(true))
    socket.once("error", () => done(false)).once("close", () => socket.destroy())
    socket.once("connect", () => socket.destroy())
  })

const lookEveryMillis = 20
const patienceMillis = 5000

const ended = (shell: ChildProcess): Promise<void> =>
  new Promise((done) => (shell.exitCode === null ? shell.once("exit", () => done()) : done()))

/** Starts it with a configuration in `folder`; answers once it takes connections. */
export const start = async (command: string, folder: string, upstreamUrl: string): Promise<Nginx> => {
  mkdirSync(folder)
  const port = await FreePort.pick()
  const file = join(folder, "nginx.conf")
  writeFileSync(file, configuration(folder, port, new URL(upstreamUrl)))
  const shell = spawn("sh", ["-c", tethered, "sh", command, "-p", folder, "-c", file], {
    stdio: ["pipe", "pipe", "pipe"]
  })
  let said = ""
  shell.stderr.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-4000)
  })
  const pid = await new Promise<number>((done) => shell.stdout.once("data", (line) => done(Number(line))))
  const close = async () => {
    if (shell.exitCode === null) process.kill(pid, "SIGTERM")
    await ended(shell)
    shell.stdin.destroy()
  }
  const end = Date.now() + patienceMillis
  while (!(await opened(port))) {
    if (shell.exitCode !== null || Date.now() > end) {
      await close()
      throw new Error(`nginx did not start:\n${said}`)
    }
    await new Promise((done) => setTimeout(done, lookEveryMillis))
  }
  return { port, pid, close }
}
