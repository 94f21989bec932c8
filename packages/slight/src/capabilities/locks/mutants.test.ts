import { testMutants } from '../../../test/suites.ts';
import { locksConformance } from './conformance.ts';
import { makeMutant, makeMutants } from './mutants.ts';

testMutants(locksConformance, makeMutant('healthy', { breaks: [] }), makeMutants());
