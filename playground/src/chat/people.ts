/** Who is in a room: a channel with a key for each person, who says every few seconds that they are still here. */
import { useEffect, useRef } from 'preact/hooks'
import type { Person } from '../channels.js'
import { client } from '../shell/client.js'
import { useKeys } from '../shell/keys.js'
import { me, myName } from '../shell/me.js'
import type { Room } from './room.js'

const againMs = 3000
const typingMs = 3000

export interface Here {
  /** The others, by name. */
  readonly others: readonly Person[]
  /** To be called when a key is struck. */
  readonly typing: () => void
}

export function usePeople(room: Room): Here {
  const channel = `people/${room.name}` as const
  const people = useKeys<Person>(channel)
  const typing = useAnnouncement(room, channel)
  const others = [...people.values()].filter(({ id }) => id !== me)
  return { others: others.sort((a, b) => a.name.localeCompare(b.name)), typing }
}

/** Says that this browser is in the room, again and again, and at once when something of it changes; never from the outbox, for late it is not true. */
function useAnnouncement(room: Room, channel: `people/${string}`): () => void {
  const struck = useRef<() => void>(() => undefined)
  useEffect(() => {
    let typingUntil = 0
    let said = ''
    let saidAt = 0
    let underWay = false
    const tell = async () => {
      const typing = Date.now() < typingUntil
      const person: Person = { id: me, name: myName.value, typing, read: room.read.value }
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
    struck.current = () => {
      typingUntil = Date.now() + typingMs
      void tell()
    }
    const timer = setInterval(tell, 500)
    const changes = [client.state.subscribe(tell), myName.subscribe(tell), room.read.subscribe(tell)]
    addEventListener('pagehide', leave)
    void tell()
    return () => {
      clearInterval(timer)
      for (const end of changes) end()
      removeEventListener('pagehide', leave)
      leave()
    }
  }, [channel])
  return () => struck.current()
}
