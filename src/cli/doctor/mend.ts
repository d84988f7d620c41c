/** Which proxy answers, and the lines of its configuration that mend what was found. */
import type { IncomingHttpHeaders } from 'node:http'

export type Fault =
  | 'buffered'
  | 'compressed'
  | 'late'
  | 'no-upgrade'
  | 'idle'
  | 'shared'
  | 'locked'
  | 'stale'
  | 'repeated'

/** Those with a sample in `examples/proxies`. */
export type Proxy = 'nginx' | 'haproxy' | 'varnish' | 'caddy'

export interface Front {
  readonly proxy: Proxy | undefined
  /** The header that says so. */
  readonly seen: string | undefined
}

const marks: readonly [proxy: Proxy | undefined, header: string, text: RegExp][] = [
  ['varnish', 'x-varnish', /./],
  ['varnish', 'via', /varnish/i],
  ['nginx', 'server', /nginx|openresty/i],
  ['caddy', 'server', /caddy/i],
  ['caddy', 'via', /caddy/i],
  ['haproxy', 'server', /haproxy/i],
  [undefined, 'cf-ray', /./],
  [undefined, 'via', /./],
  [undefined, 'server', /./],
]

/** HAProxy does not say that it is there. */
export function frontOf(headers: IncomingHttpHeaders): Front {
  for (const [proxy, header, text] of marks) {
    const value = headers[header]
    if (value !== undefined && text.test(String(value))) return { proxy, seen: `${header}: ${String(value)}` }
  }
  return { proxy: undefined, seen: undefined }
}

const lines: Readonly<Record<Fault, Partial<Record<Proxy, string>>>> = {
  buffered: {
    nginx:
      'proxy_buffering off;   # and no "proxy_ignore_headers X-Accel-Buffering"; no text/event-stream in gzip_types',
    haproxy: 'compression type …   # without text/event-stream: HAProxy buffers nothing else',
    varnish: 'set beresp.do_stream = true;   # in vcl_backend_response; and no beresp.do_gzip for event streams',
    caddy:
      'flush_interval -1   # in reverse_proxy; and an "encode" with a match block that leaves text/event-stream out',
  },
  compressed: {
    nginx: 'gzip_types …;   # without text/event-stream and without *',
    haproxy: 'compression type …   # without text/event-stream',
    varnish: 'set beresp.do_gzip = false;   # in vcl_backend_response, for text/event-stream',
    caddy: 'match …   # a block in "encode" that names types, and not text/event-stream',
  },
  late: {
    haproxy: 'option http-no-delay   # in defaults or in the frontend and backend',
  },
  'no-upgrade': {
    nginx:
      'proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"; ' +
      '  # better with a map: see the sample',
    haproxy: 'mode http   # and no "option httpclose" or "http-request del-header Upgrade"',
    varnish:
      'if (req.http.Upgrade ~ "(?i)websocket") { return (pipe); }   # in vcl_recv; and in vcl_pipe: set ' +
      'bereq.http.Upgrade = req.http.Upgrade; set bereq.http.Connection = req.http.Connection;',
    caddy: 'reverse_proxy …   # upgrades by itself: look for a "header_up -Upgrade" or another proxy',
  },
  idle: {
    nginx: 'proxy_read_timeout 75s; proxy_send_timeout 75s;',
    haproxy: 'timeout client 75s; timeout server 75s; timeout tunnel 1h   # one a line',
    varnish: '.first_byte_timeout = 75s; .between_bytes_timeout = 75s;   # of the backend; and -p pipe_timeout=75',
    caddy: 'timeouts …   # in "servers" of the global options: without "write"',
  },
  shared: {
    nginx: 'proxy_cache off;   # for event streams; and no "proxy_ignore_headers Cache-Control"',
    varnish:
      'if (req.http.Accept ~ "text/event-stream") { return (pass); }   # in vcl_recv; and leave beresp.ttl of ' +
      'no-store alone',
  },
  locked: {
    nginx: 'proxy_cache off;   # for all but long polls and pages asked for by an offset: see nginx/cached.conf',
    varnish: 'return (pass);   # in vcl_recv, for all but long polls and pages asked for by an offset',
  },
  stale: {
    nginx:
      'proxy_cache off; expires off;   # and no "proxy_ignore_headers Cache-Control", no "proxy_cache_valid" ' +
      'in its place',
    haproxy: 'http-request cache-use …   # not for the hub; and no "http-response set-header Cache-Control"',
    varnish: 'sub vcl_backend_response   # must not set beresp.ttl of what says no-store',
    caddy: 'header … Cache-Control …   # not for the hub',
  },
  repeated: {
    nginx: 'proxy_next_upstream error timeout;   # without non_idempotent',
    haproxy: 'retry-on conn-failure   # and "http-request disable-l7-retry if METH_POST"',
    varnish: 'return (retry);   # never for a POST',
  },
}

/** The lines for the proxy that was recognised; for those that may be there if none was. */
export function mend(fault: Fault, { proxy }: Front): string[] {
  const known = lines[fault]
  const own = proxy && known[proxy]
  if (own) return [`${proxy}: ${own}`]
  return Object.entries(known).map(([name, line]) => `${name}: ${line}`)
}
