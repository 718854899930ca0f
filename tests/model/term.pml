/* Elections: N candidates, one advisory lock, terms. Shown: what a leader writes is written under the newest term, or it
   is refused; whatever it believes, and however late its statements arrive.

   The lock belongs to a session, which may end without its leader noticing (pg_terminate_backend, a cut, a pooler). Of a
   term only one thing matters: whether it is still the newest. See cluster/elector and begin_term in
   sql/migrations/0005_protocol.sql.

   Mutants, which must fail:
     NO_TERM     a write does not compare the term
     LOCK_ONLY   a write checks that the lock is held, before it is sent
     TWO_STEPS   the new term is begun without holding the lock any more                                             */
#ifndef N
#define N 3
#endif
#define NOBODY N

byte lock = NOBODY;      /* whose session holds it */
bool locked[N];          /* believes to hold it, and has no term yet */
bool leads[N], newest[N];/* believes to lead; under the newest term */
bool sent[N], carries[N];/* a write is under way; with the newest term */

inline write(n) {
#ifdef NO_TERM
  assert(carries[n]);
#endif
#ifdef LOCK_ONLY
  assert(carries[n]);
#endif
  if
  :: carries[n] -> assert(newest[n] || !leads[n]) /* accepted: nobody began another term since */
  :: else         /* refused */
  fi;
  sent[n] = false; carries[n] = false
}

active proctype world() {
  byte n, k;
  do
  :: atomic {
     select(n : 0 .. N - 1);
     if
     :: !leads[n] && !locked[n] && lock == NOBODY -> lock = n; locked[n] = true
#ifdef TWO_STEPS
     :: locked[n] ->
#else
     :: locked[n] && lock == n -> /* one statement on the session of the lock */
#endif
        for (k : 0 .. N - 1) { newest[k] = false; carries[k] = false };
        locked[n] = false; leads[n] = true; newest[n] = true;
        assert(lock == n)
     :: locked[n] && lock != n -> locked[n] = false
#ifdef LOCK_ONLY
     :: leads[n] && !sent[n] && lock == n -> sent[n] = true; carries[n] = newest[n]
#else
     :: leads[n] && !sent[n] -> sent[n] = true; carries[n] = newest[n]
#endif
     :: sent[n] -> write(n)
     :: leads[n] -> leads[n] = false; newest[n] = false /* steps down: told so, or dead */
     :: lock == n -> lock = NOBODY                     /* its session ends */
     :: else
     fi }
  od
}
