# Varnish in front of Anywire at 127.0.0.1:8080: varnishd -a :80 -f anywire.vcl -s malloc,256m
# All who long-poll for the same message of a channel with the rule cache: 'public' cost the hub one request.
#
# Trap: each event stream holds a thread. varnishd's own limit is 2 pools of 5,000: raise -p thread_pool_max for more.
vcl 4.1;

backend anywire {
  .host = "127.0.0.1";
  .port = "8080";
  # Trap: what is silent for 60 s is cut. The hub says something every 20 s (limits.heartbeatMs) and answers polls after 15 s (limits.pollMs).
  .first_byte_timeout = 75s;
  .between_bytes_timeout = 75s;
}

sub vcl_recv {
  # The hub takes these with trustProxy: true (anywire serve --trust-proxy). Trap: without "authenticate" it serves only this machine, by the names in
  # "hosts"; without these lines it could not tell who asks, and would serve everybody.
  set req.http.X-Forwarded-For = client.ip;
  set req.http.X-Forwarded-Host = req.http.Host;
  set req.http.X-Forwarded-Proto = "http";

  # Trap: without "pipe" the upgrade is dropped, and a WebSocket is answered 200. (-p pipe_timeout, 60 s, must stay above the heartbeat.)
  if (req.http.Upgrade ~ "(?i)websocket") {
    return (pipe);
  }

  # Varnish asks for GET what it was asked by HEAD, and the hub tells them apart: a GET renews a channel's lifetime.
  if (req.method != "GET") {
    return (pass);
  }
  # Trap: Varnish joins event streams that name no Cache-Control, and then shares one reader's stream with the next. The hub's do; those of your
  # other servers may not.
  if (req.http.Accept ~ "text/event-stream" || req.url ~ "[?&]live=sse(&|$)") {
    return (pass);
  }
  # What can be shared asks for a place in the log. The rest (the plain poll, now, -1, HEAD) would only wait for each other.
  if (req.url !~ "[?&]offset=\d{16}_\d{16}(&|$)" || req.url ~ "[?&]live=poll(&|$)" || req.url ~ "[?&]token=") {
    return (pass);
  }
  # Whoever shows a credential goes past the cache: varnishd's own rules, which go on from here, say so of Authorization and of any cookie.
  # If cookies of no importance are about, remove them here: unset req.http.Cookie
}

sub vcl_pipe {
  set bereq.http.Upgrade = req.http.Upgrade;
  set bereq.http.Connection = req.http.Connection;
}

sub vcl_deliver {
  if (obj.hits > 0) {
    set resp.http.X-Cache = "HIT";
  } else {
    set resp.http.X-Cache = "MISS";
  }
}
