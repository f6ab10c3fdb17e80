/** The installers, by the configuration's `install.kind`. */
import type { Config } from '../../../model/config/config.ts';
import { hooks } from './hooks/hooks.ts';
import type { Installer } from './installer.ts';

export const INSTALLERS: Readonly<Record<Config['install']['kind'], Installer>> = { hooks };
