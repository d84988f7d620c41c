/** Who is in a place: a channel with a key for each person, who says every few seconds that they are still there. */
import type { Signal } from 'anywire/client'
import { useEffect, useRef } from 'preact/hooks'
import type { Person } from '../channels.js'
import { client } from './client.js'
import { useKeys } from './keys.js'
import { me, myName } from './me.js'

const againMs = 3000
const typingMs = 3000

interface Announcement {
  /** To be called when a key is struck. */
  readonly typing: () => void
  readonly leave: () => void
}

/** The others in a place, by name. */
export function useOthers(place: string): readonly Person[] {
  const others = [...useKeys<Person>(`people/${place}`).values()].filter(({ id }) => id !== me)
  return others.sort((a, b) => a.name.localeCompare(b.name))
}

/** Announces this browser as long as the component is shown. Answers what is to be called when a key is struck. */
export function useAnnouncement(place: string, read: Signal<string>): () => void {
  const announced = useRef<Announcement>(null)
  useEffect(() => {
    const made = announce(place, read)
    announced.current = made
    return () => made.leave()
  }, [place])
  return () => announced.current?.typing()
}

/** Says that this browser is there, again and again, and at once when something of it changes; never from the outbox, for late it is not true. */
export function announce(place: string, read?: Signal<string>): Announcement {
  const channel = `people/${place}` as const
  let typingUntil = 0
  let said = ''
  let saidAt = 0
  let underWay = false
  const tell = async () => {
    const typing = Date.now() < typingUntil
    const person: Person = { id: me, name: myName.value, typing, read: read?.value ?? '' }
    const text = JSON.stringify(person)
    if (underWay || client.state.value !== 'open' || (text === said && Date.now() - saidAt < againMs)) return
    underWay = true
    await client.publish(channel, person).catch(() => undefined)
    said = text
    saidAt = Date.now()
    underWay = false
  }
  const leave = () => {
    const headers = { 'content-type': 'application/json', 'message-key': me }
    fetch(`/channels/${channel}`, { method: 'POST', headers, keepalive: true }).catch(() => undefined)
  }
  const timer = setInterval(tell, 500)
  const changes = [client.state.subscribe(tell), myName.subscribe(tell), read?.subscribe(tell)]
  addEventListener('pagehide', leave)
  void tell()
  return {
    typing() {
      typingUntil = Date.now() + typingMs
      void tell()
    },
    leave() {
      clearInterval(timer)
      for (const end of changes) end?.()
      removeEventListener('pagehide', leave)
      leave()
    },
  }
}
