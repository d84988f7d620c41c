/** What the page of the React tests runs: components that show as JSON what the hooks answer. The tests call what stands on `globalThis`. */
import { Activity, Component, createElement as h, type ReactElement, type ReactNode, StrictMode } from 'react'
import { createRoot, hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { type Client, connect } from '../../src/client/index.js'
import {
  AnywireProvider,
  type UseChannelOptions,
  useChannel,
  useConnection,
  usePresence,
  usePublish,
  useSnapshot,
} from '../../src/react/index.js'

/** What is to be shown. */
interface Wanted {
  readonly channel?: string
  readonly options?: UseChannelOptions
  /** Messages of each key, instead of the newest ones. */
  readonly snapshot?: boolean
  /** With a schema that wants numbers, and is a new object in every render. */
  readonly numbers?: boolean
  /** Who is present in `channel`, and how one is there oneself. */
  readonly presence?: { readonly state?: unknown }
  readonly hidden?: boolean
  readonly strict?: boolean
  readonly noClient?: boolean
  readonly noProvider?: boolean
}

const client = connect('/channels', { share: 'none', outbox: { keep: false } })
const faults: string[] = []
let renders = 0
let publish: ReturnType<typeof usePublish>

const json = (value: unknown) => JSON.stringify(value, (_, part) => (part instanceof Map ? [...part] : part))

const validate = (value: unknown) => (typeof value === 'number' ? { value } : { issues: [{ message: 'no number' }] })

function Messages({ channel, options, numbers }: Wanted): ReactElement {
  renders++
  const schema = numbers ? { '~standard': { version: 1, vendor: 'test', validate } as const } : undefined
  const { messages, last, ...view } = useChannel(channel, { ...options, schema })
  return h('pre', { id: 'view' }, json({ ...view, data: messages.map(({ data }) => data), last: last?.data }))
}

function Values({ channel, options }: Wanted): ReactElement {
  return h('pre', { id: 'view' }, json(useSnapshot(channel, options)))
}

function Present({ channel, presence }: Wanted): ReactElement {
  renders++
  return h('pre', { id: 'view' }, json(usePresence(channel, presence?.state)))
}

function Line(): ReactElement {
  publish = usePublish('news')
  const { state, stats } = useConnection()
  return h('pre', { id: 'connection' }, json({ state, messages: stats?.messages }))
}

class Boundary extends Component<{ readonly children: ReactNode }> {
  override state = { error: '' }
  static getDerivedStateFromError = ({ message }: Error) => ({ error: message })
  override render(): ReactNode {
    return this.state.error || this.props.children
  }
}

function App(wanted: Wanted): ReactElement {
  const reader = h(wanted.presence ? Present : wanted.snapshot ? Values : Messages, wanted)
  // biome-ignore lint/correctness/noChildrenProp: its type asks for it
  const parts = h(Activity, { mode: wanted.hidden ? 'hidden' : 'visible', children: reader })
  if (wanted.noProvider) return h(Boundary, null, parts)
  const provided: Client | undefined = wanted.noClient ? undefined : client
  const app = h(AnywireProvider, { client: provided }, parts, h(Line))
  return wanted.strict ? h(StrictMode, null, app) : app
}

const place = document.createElement('main')
const onRecoverableError = (thrown: unknown) => faults.push(String(thrown))
let root: ReturnType<typeof createRoot> | undefined

const textOf = (id: string) => JSON.parse(document.getElementById(id)?.textContent ?? 'null')

Object.assign(globalThis, {
  show(wanted: Wanted) {
    document.body.append(place)
    root ??= createRoot(place)
    root.render(h(App, wanted))
  },
  /** As a page that a server has rendered. */
  hydrate(wanted: Wanted) {
    document.body.append(place)
    place.innerHTML = renderToString(h(App, { ...wanted, noClient: true }))
    root = hydrateRoot(place, h(App, wanted), { onRecoverableError })
  },
  leave: () => root?.unmount(),
  view: () => textOf('view'),
  connection: () => textOf('connection'),
  text: () => place.textContent,
  renders: () => renders,
  faults: () => faults,
  publish: (data: unknown) => publish(data),
  publishError: (data: unknown) => publish(data).catch(({ code }) => code),
  sameFunction: (before = publish) => new Promise((resolve) => setTimeout(() => resolve(publish === before))),
})
