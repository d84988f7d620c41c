/** Who this browser is in the chat: an id that stays, and a name that may change. */
import { Value } from '../shell/value.js'

const animals = ['Heron', 'Otter', 'Lynx', 'Plover', 'Marten', 'Wren', 'Badger', 'Curlew']

function kept(key: string, make: () => string): string {
  const value = localStorage.getItem(key) ?? make()
  localStorage.setItem(key, value)
  return value
}

export const me = kept('chat.id', () => crypto.randomUUID())
export const myName = new Value(
  kept(
    'chat.name',
    () => `${animals[Math.floor(Math.random() * animals.length)]} ${Math.floor(Math.random() * 90) + 10}`,
  ),
)
myName.subscribe((name) => localStorage.setItem('chat.name', name))
