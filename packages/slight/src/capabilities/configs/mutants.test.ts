import { testMutants } from '../../../test/suites.ts';
import { configsConformance } from './conformance.ts';
import { makeMutant, makeMutants } from './mutants.ts';

testMutants(configsConformance, makeMutant('healthy', { breaks: [] }), makeMutants());
