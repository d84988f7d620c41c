/** Real proxies from Debian in front of a server on this machine: as Debian configures them, or by a sample of `examples/proxies`. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './free-port.js'

export type ProxyName = 'nginx' | 'haproxy' | 'varnish' | 'caddy'

export type Sample =
  | 'nginx/nginx.conf'
  | 'nginx/cached.conf'
  | 'haproxy/haproxy.cfg'
  | 'varnish/anywire.vcl'
  | 'caddy/Caddyfile'

export interface RunningProxy {
  readonly url: string
  stop(): Promise<void>
}

export interface ProxyOptions {
  /** Lines put into nginx's `location`, haproxy's `defaults` or Caddy's site, or arguments of varnishd. */
  readonly lines?: readonly string[]
}

/** Starts the proxy with what Debian gives it, and the least that makes it a proxy. */
export function startProxy(
  name: ProxyName,
  upstream: string,
  { lines = [] }: ProxyOptions = {},
): Promise<RunningProxy> {
  const { host } = new URL(upstream)
  return run(name, (place) => {
    if (name !== 'varnish') return [...command(name, place, configurations[name](place, host, lines))]
    return [...command(name, place), '-b', host, ...lines]
  })
}

/** Starts a sample: only its port, its upstream and its folders are replaced, and what `changes` says. */
export function startSample(
  sample: Sample,
  upstream: string,
  changes: Readonly<Record<string, string>> = {},
): Promise<RunningProxy> {
  const { hostname, port, host } = new URL(upstream)
  const name = sample.slice(0, sample.indexOf('/')) as ProxyName
  const text = readFileSync(new URL(`../../examples/proxies/${sample}`, import.meta.url), 'utf8')
  return run(name, (place) => {
    const replaced = Object.entries({ ...places[name](place, host, hostname, port), ...changes })
    return command(
      name,
      place,
      replaced.reduce(
        (config, [from, to]) => {
          if (!config.includes(from)) throw new Error(`${sample} does not hold ${JSON.stringify(from)}.`)
          return config.replaceAll(from, to)
        },
        text.replaceAll('/var/cache/nginx', place.folder),
      ),
    )
  })
}

interface Place {
  readonly folder: string
  readonly port: number
}

/** What of a sample belongs to a machine. */
const places: Readonly<
  Record<ProxyName, (place: Place, upstream: string, host: string, port: string) => Readonly<Record<string, string>>>
> = {
  nginx: ({ folder, port }, upstream) => ({
    'listen 80;': `listen 127.0.0.1:${port};`,
    '127.0.0.1:8080;': `${upstream};`,
    'http {': `http { ${foldersIn(folder)}`,
  }),
  haproxy: ({ port }, upstream) => ({ 'bind :80': `bind 127.0.0.1:${port}`, '127.0.0.1:8080\n': `${upstream}\n` }),
  varnish: (_place, _upstream, host, port) => ({ '"127.0.0.1"': `"${host}"`, '"8080"': `"${port}"` }),
  caddy: ({ port }, upstream) => ({
    '\n:80 {': `\n{\n\tadmin off\n}\nhttp://127.0.0.1:${port} {`,
    'reverse_proxy 127.0.0.1:8080': `reverse_proxy ${upstream}`,
  }),
}

const foldersIn = (folder: string) =>
  `${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')} access_log off;`

const configurations: Readonly<
  Record<Exclude<ProxyName, 'varnish'>, (place: Place, upstream: string, lines: readonly string[]) => string>
> = {
  // What /etc/nginx/nginx.conf sets; proxy_pass as a newcomer writes it: HTTP/1.0 upstream, buffering on.
  nginx: ({ folder, port }, upstream, lines) => `worker_processes 1;
events { worker_connections 768; }
http {
  sendfile on; tcp_nopush on; types_hash_max_size 2048; gzip on; ${foldersIn(folder)}
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://${upstream}; ${lines.join(' ')} } }
}`,
  // What /etc/haproxy/haproxy.cfg sets as defaults.
  haproxy: ({ port }, upstream, lines) => `defaults
  mode http
  timeout connect 5000
  timeout client 50000
  timeout server 50000
  ${lines.join('\n  ')}
frontend front
  bind 127.0.0.1:${port}
  default_backend back
backend back
  server one ${upstream}
`,
  caddy: ({ port }, upstream, lines) => `{
  admin off
}
http://127.0.0.1:${port} {
  reverse_proxy ${upstream}
  ${lines.join('\n  ')}
}
`,
}

/** The program that runs a configuration in the foreground. */
function command(name: ProxyName, { folder, port }: Place, text?: string): string[] {
  const file = join(folder, name)
  if (text !== undefined) writeFileSync(file, text)
  switch (name) {
    case 'nginx':
      return ['nginx', '-c', file, '-g', `daemon off; user root; pid ${folder}/pid; error_log ${folder}/error.log;`]
    case 'haproxy':
      return ['haproxy', '-db', '-f', file]
    case 'caddy':
      return ['caddy', 'run', '--config', file, '--adapter', 'caddyfile']
    case 'varnish':
      return [
        ...['varnishd', '-F', '-n', folder, '-j', 'none', '-a', `127.0.0.1:${port}`, '-s', 'malloc,64m', '-T', 'none'],
        // What idles is kept as long as with the others.
        ...['-p', 'timeout_idle=60'],
        ...(text === undefined ? [] : ['-f', file]),
      ]
  }
}

/** Starts a program on a free port of the loopback, with files of its own. */
async function run(name: ProxyName, program: (place: Place) => readonly string[]): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), `anywire-${name}-`))
  const port = await freePort()
  const [file, ...args] = program({ folder, port })
  const child = spawn(file!, args, {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin`, HOME: folder },
  })
  const stop = () => end(child, folder)
  try {
    await accepts(port, child)
  } catch (thrown) {
    await stop()
    throw thrown
  }
  return { url: `http://127.0.0.1:${port}`, stop }
}

/** Resolves when the port takes connections. */
async function accepts(port: number, child: ChildProcess): Promise<void> {
  const until = Date.now() + 60_000
  while (Date.now() < until && child.exitCode === null) {
    const socket = connect(port, '127.0.0.1')
    const opened = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false)
    socket.destroy()
    if (opened) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  throw new Error(`The proxy ${child.spawnfile} did not start (exit code ${child.exitCode}).`)
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    // Caddy would wait for the streams that are open to end.
    child.kill(child.spawnfile === 'caddy' ? 'SIGKILL' : 'SIGTERM')
    await once(child, 'close')
  }
  rmSync(folder, { recursive: true, force: true })
}
