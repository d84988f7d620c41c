/** The head of a document: its title, who is in it, and whether everything is stored. */
import type { YjsProvider } from 'anywire/yjs'
import { CompanySwitch } from '../shell/company.js'
import { useValue } from '../shell/value.js'
import { useOthers } from './document.js'

const mostNames = 5

interface Props {
  readonly title: string
  readonly provider: YjsProvider
  /** Where the ghost is asked to; undefined where it does not come. */
  readonly company?: string | undefined
}

export function DocumentHeader({ title, provider, company }: Props) {
  const others = useOthers(provider)
  const synced = useValue(provider.synced)
  const saved = useValue(provider.saved)
  const kept = useValue(provider.kept)
  const names = others.slice(0, mostNames)
  return (
    <header>
      <h2>{title}</h2>
      <p class="stored" role="status">
        {standing(saved, synced, kept)}
      </p>
      <ul class="others" aria-label="Here with you">
        {names.length === 0 && <li>You are alone here</li>}
        {names.map(({ client, user }) => (
          <li key={client}>
            <span class="dot" style={{ background: user.color }} aria-hidden="true" /> {user.name.slice(0, 30)}
          </li>
        ))}
        {others.length > mostNames && <li>and {others.length - mostNames} more</li>}
      </ul>
      {company && <CompanySwitch place={company} />}
    </header>
  )
}

function standing(saved: boolean, synced: boolean, kept: boolean): string {
  if (!saved) return kept ? 'Kept here until it is stored' : 'On its way'
  return synced ? 'Everything is stored' : 'Waiting for the document'
}
