/** Where the page at `/` of `anywire serve` begins. */
import '../style/base.css'
import '../style/shell.css'
import '../style/parts.css'
import '../style/forced.css'
import '../admin/admin.css'
import './front.css'
import { render } from 'preact'
import { followTheme } from '../shell/theme.js'
import { App } from './app.js'

followTheme()
const root = document.getElementById('root')
root?.replaceChildren()
if (root) render(<App />, root)
