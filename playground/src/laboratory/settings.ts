/** The load and the faults that this visitor has set: the same in all tabs, since the wish is a message and all read it. */
import { useState } from 'preact/hooks'
import { usual } from '../../server/laboratory/usual.js'
import type { Settings } from '../channels.js'
import { client, complain, useChannel } from '../shell/client.js'
import { me } from '../shell/me.js'

const channel = `laboratory/settings/${me}` as const

/** What holds, and what changes it. */
export function useSettings(): [Settings, (change: Partial<Settings>) => void] {
  const [settings, setSettings] = useState<Settings>(usual)
  useChannel<Settings>(channel, { from: 'last-1' }, (item) => {
    if (item.kind === 'message') setSettings(item.data)
  })
  const change = (wish: Partial<Settings>) => client.publish(channel, { ...settings, ...wish }).catch(complain)
  return [settings, change]
}
