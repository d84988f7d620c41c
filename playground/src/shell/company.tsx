/** Company: a bot of the server's keeps whoever is alone in a place company, unless it is switched off. One switch for all places. */
import type { Presence } from 'anywire/client'
import { useEffect } from 'preact/hooks'
import { client, complain } from './client.js'
import { useValue, Value } from './value.js'

const key = 'company'
const company = new Value(localStorage.getItem(key) !== 'off')
company.subscribe((on) => localStorage.setItem(key, on ? 'on' : 'off'))
addEventListener('storage', (event) => event.key === key && company.set(event.newValue !== 'off'))

export function CompanySwitch({ place }: { readonly place: string }) {
  const on = useValue(company)
  useEffect(() => (on ? ask(place) : undefined), [place, on])
  return (
    <button
      type="button"
      role="switch"
      class="switch company"
      aria-checked={on}
      title="A bot keeps you company while you are alone here"
      onClick={() => company.set(!on)}
    >
      <span class="track" aria-hidden="true" />
      <span class="word">Bot</span>
    </button>
  )
}

/** Being present there is asking for it. Answers what ends that. */
function ask(place: string): () => void {
  let wanted = true
  let opened: Presence | undefined
  const begin = async () => {
    const presence = await client.presence(`company/${place}`, {})
    if (!wanted) return presence.close()
    opened = presence
    presence.closed.catch(complain)
  }
  begin().catch(complain)
  return () => {
    wanted = false
    opened?.close()
  }
}
