/** The outbox: what is published here, cut off or not, and what became of it. */
import type { Client } from 'anywire/client'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Channels } from '../channels.js'
import { Button } from '../parts/button.js'
import { Card } from '../parts/card.js'
import { complain } from '../shell/client.js'
import { me } from '../shell/me.js'

const channel = `laboratory/outbox/${me}` as const
const atOnce = 10

export function OutboxCard({ client }: { readonly client: Client<Channels> }) {
  const [counts, setCounts] = useState({ published: 0, kept: 0, stored: 0, back: 0 })
  const number = useRef(0)
  const count = (name: keyof typeof counts) => setCounts((before) => ({ ...before, [name]: before[name] + 1 }))
  useEffect(() => {
    const subscription = client.subscribe(channel, {}, ({ kind }) => kind === 'message' && count('back'))
    subscription.closed.catch(complain)
    return () => subscription.close()
  }, [client])
  const publish = () => {
    for (let i = 0; i < atOnce; i++) {
      count('published')
      client
        .publish(channel, { number: ++number.current }, { queued: () => count('kept') })
        .then(() => count('stored'), complain)
    }
  }
  return (
    <Card title="Outbox" class="outbox">
      <p class="legend">Publish with the network cut: it waits, outlasts a reload, and is stored once.</p>
      <dl class="facts">
        <dt>Published here</dt>
        <dd data-fact="published">{counts.published}</dd>
        <dt>Kept for a reload</dt>
        <dd data-fact="kept">{counts.kept}</dd>
        <dt>Stored by the server</dt>
        <dd data-fact="stored">{counts.stored}</dd>
        <dt>Read back</dt>
        <dd data-fact="back">{counts.back}</dd>
      </dl>
      <Button onClick={publish}>Publish {atOnce} messages</Button>
    </Card>
  )
}
