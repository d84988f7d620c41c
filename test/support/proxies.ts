/** Real proxies from Debian, each with the configuration that Debian gives it, in front of a server on this machine. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type ProxyName = 'nginx' | 'haproxy' | 'varnish'

export interface RunningProxy {
  readonly url: string
  stop(): Promise<void>
}

export interface ProxyOptions {
  /** Lines put into nginx's `location` or haproxy's `defaults`, or arguments of varnishd. */
  readonly lines?: readonly string[]
}

/** Starts the proxy in the foreground, on a free port of the loopback, with files of its own. */
export async function startProxy(name: ProxyName, upstream: string, options: ProxyOptions = {}): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), `anywire-${name}-`))
  const port = await freePort()
  const { host } = new URL(upstream)
  const [command, args] = commands[name](folder, port, host, options.lines ?? [])
  const child = spawn(command, args, {
    stdio: 'ignore',
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
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

type Command = (folder: string, port: number, upstream: string, lines: readonly string[]) => [string, string[]]

const commands: Readonly<Record<ProxyName, Command>> = {
  // What /etc/nginx/nginx.conf sets; proxy_pass as a newcomer writes it: HTTP/1.0 upstream, buffering on.
  nginx(folder, port, upstream, lines) {
    const file = join(folder, 'nginx.conf')
    writeFileSync(
      file,
      `daemon off; user root; pid ${folder}/pid; error_log ${folder}/error.log; worker_processes 1;
events { worker_connections 768; }
http {
  sendfile on; tcp_nopush on; types_hash_max_size 2048; gzip on; access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  server { listen 127.0.0.1:${port}; location / { proxy_pass http://${upstream}; ${lines.join(' ')} } }
}`,
    )
    return ['nginx', ['-c', file]]
  },
  // What /etc/haproxy/haproxy.cfg sets as defaults.
  haproxy(folder, port, upstream, lines) {
    const file = join(folder, 'haproxy.cfg')
    writeFileSync(
      file,
      `defaults
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
    )
    return ['haproxy', ['-db', '-f', file]]
  },
  varnish: (folder, port, upstream, lines) => [
    'varnishd',
    [
      '-F',
      '-n',
      folder,
      '-j',
      'none',
      '-a',
      `127.0.0.1:${port}`,
      '-b',
      upstream,
      '-s',
      'malloc,64m',
      '-T',
      'none',
      ...lines,
    ],
  ],
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('There is no free port.')
  return address.port
}

/** Resolves when the port takes connections. */
async function accepts(port: number, child: ChildProcess): Promise<void> {
  const until = Date.now() + 20_000
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
  throw new Error(`The proxy did not start (exit code ${child.exitCode}).`)
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM')
    await once(child, 'close')
  }
  rmSync(folder, { recursive: true, force: true })
}
