/** The worker, shared or dedicated: where a core lives that is not in the page. */
import { serve } from './tabs/serve.js'

serve()
