/** The load and the faults that this visitor has set: the same in all tabs, since the wish is a message and all read it. */
import { useRef, useState } from 'preact/hooks'
import { usual } from '../../server/laboratory/usual.js'
import type { Settings } from '../channels.js'
import { client, complain, useChannel } from '../shell/client.js'
import { me } from '../shell/me.js'

const channel = `laboratory/settings/${me}` as const

/** What holds, and what changes it. */
export function useSettings(): [Settings, (change: Partial<Settings>) => void] {
  const [settings, setSettings] = useState<Settings>(usual)
  /** With all wishes, also those of which nothing has been read yet: one soon after another does not undo it. */
  const wanted = useRef<Settings>(usual)
  const underWay = useRef(0)
  useChannel<Settings>(channel, { from: 'last-1' }, (item) => {
    if (item.kind !== 'message') return
    setSettings(item.data)
    if (underWay.current === 0) wanted.current = item.data
  })
  const change = async (wish: Partial<Settings>) => {
    wanted.current = { ...wanted.current, ...wish }
    underWay.current++
    await client.publish(channel, wanted.current).catch(complain)
    underWay.current--
  }
  return [settings, change]
}
