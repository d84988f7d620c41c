/** The dashboard: nodes, channels and readers, fed by lists of statistics. */
import { useEffect, useState } from 'preact/hooks'
import { Button } from '../parts/button.js'
import { Field } from '../parts/field.js'
import { Head } from '../shell/head.js'
import { Toasts } from '../shell/toasts.js'
import { useValue } from '../shell/value.js'
import { ChannelPage } from './channels.js'
import { ConnectionPage } from './connections.js'
import { DeedDialog } from './deed.js'
import { fault, follow, state } from './lists.js'
import { NodePage } from './nodes.js'
import { isLocked, unlock } from './port.js'

const pages = { nodes: 'Nodes', channels: 'Channels', readers: 'Readers' } as const
type PageName = keyof typeof pages

/** What a search waits for: that nothing is typed for so long. */
const typedMs = 300

export function App() {
  const [page, setPage] = useState<PageName>(pageOf(location.hash))
  const [text, setText] = useState('')
  const [search, setSearch] = useState('')
  const locked = useValue(isLocked)
  useEffect(() => {
    const turn = () => {
      if (location.hash === '#main') return // the link that leads past the head
      setPage(pageOf(location.hash))
      setText('')
      setSearch('')
    }
    addEventListener('hashchange', turn)
    return () => removeEventListener('hashchange', turn)
  }, [])
  useEffect(() => {
    const timer = setTimeout(() => setSearch(text.replace(/^\/+|\/+$/g, '').trim()), typedMs)
    return () => clearTimeout(timer)
  }, [text])
  const list = channelOf(page, search)
  useEffect(() => (locked ? undefined : follow(list ? ['$stats', list] : ['$stats'])), [list, locked])
  return (
    <>
      <Head>
        <State />
      </Head>
      <div class="admin">
        <nav aria-label="Pages">
          {(Object.entries(pages) as [PageName, string][]).map(([name, title]) => (
            <a key={name} href={`#${name}`} aria-current={name === page ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <main id="main" tabIndex={-1}>
          {locked ? <Lock /> : <Page page={page} list={list} text={text} onText={setText} />}
        </main>
      </div>
      <DeedDialog />
      <Toasts />
    </>
  )
}

interface PageProps {
  readonly page: PageName
  readonly list: string | undefined
  readonly text: string
  readonly onText: (text: string) => void
}

function Page({ page, list, text, onText }: PageProps) {
  if (page === 'nodes' || list === undefined) return <NodePage />
  const Content = page === 'channels' ? ChannelPage : ConnectionPage
  return <Content list={list} text={text} onText={onText} />
}

function State() {
  const shown = useValue(state)
  const why = useValue(fault)
  const words = { connecting: 'connecting', open: 'live', waiting: 'not connected' }
  return (
    <span class="connection" data-state={shown} title={why}>
      <span class="dot" aria-hidden="true" />
      <span role="status">{words[shown]}</span>
    </span>
  )
}

function Lock() {
  const [token, setToken] = useState('')
  const show = (event: Event) => {
    event.preventDefault()
    unlock(token)
  }
  return (
    <form class="card lock" onSubmit={show}>
      <h1>Token</h1>
      <p>This port wants its token: what the server was given as --admin-token.</p>
      <Field
        label="Token"
        type="password"
        autocomplete="off"
        required
        value={token}
        onInput={(event) => setToken(event.currentTarget.value)}
      />
      <Button main type="submit">
        Show it
      </Button>
    </form>
  )
}

function pageOf(hash: string): PageName {
  return (Object.keys(pages) as PageName[]).find((name) => `#${name}` === hash) ?? 'nodes'
}

/** The list that a page follows besides `$stats`. */
function channelOf(page: PageName, search: string): string | undefined {
  if (page === 'nodes') return undefined
  const name = page === 'channels' ? '$channels' : '$connections'
  return search === '' ? name : `${name}/${search}`
}
