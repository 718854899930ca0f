/* One single stream, N nodes, one database: beats, deadlines, take-overs, hand-overs and restarts. Shown: at most one
   node's action runs at any time, and a result is written only by the owner under its own epoch.

   Every process may stall for any time at any point (SIGSTOP, swap, a slow network): a step is only ever possible, never
   due. What cannot stall is time, and with it the kernel's timer in a runner. A statement that was sent is executed
   later or never, also while its sender is dead. Clocks only measure spans: a tick passes everywhere at once, or, with
   DRIFT, a node's clock misses one tick in each of its deadlines.

   ONE_OBSERVER, for three nodes: whoever looks, no observation of a beat that stands still began before the beat did,
   so that one counter for each node allows every declaration that any observer could make, and more.

   How it corresponds: beat_* to cluster/pulse, may_own to the deadline of domain/deadline, take/give to
   sql/migrations/0005_protocol.sql (acquire, release), declare to declare_dead, runs to the runner process.

   Each mutant takes one fence away, and must fail:
     NO_TIMER      no kernel timer: a node ends its own runs when it notices
     NO_CAS        a node is declared dead by the age of the observation alone
     FROM_ANSWER   the deadline counts from the answer of a beat, not from its sending
     DEAD_BEATS    a beat of a dead incarnation is good
     NO_WAIT       a restarted node does not wait for the runner of its former incarnation
     NO_MARGIN     (with DRIFT) a deadline without a margin
     NO_EPOCH      a result is written without comparing the epoch
     EARLY_GIVE    the stream is given back before its action has ended                                              */
#ifndef N
#define N 2
#endif
#ifndef TTL
#define TTL 2
#endif
#ifdef NO_MARGIN
#define MARGIN 0
#else
#define MARGIN 1
#endif
#define NOBODY N

/* the database */
byte owner = NOBODY;
bool dead[N];         /* of a node's newest incarnation */
/* what a node knows. Of an epoch only one thing matters: whether it is still the newest */
bool up[N];           /* its process runs, as that incarnation */
bool holds[N];        /* it believes to own the stream */
bool newest[N];       /* under the newest epoch */
byte left[N];         /* ticks until its ownership ends: kept by node and runner alike */
bool slow[N];         /* DRIFT: this deadline has missed its tick */
bool runs[N];         /* an action runs in its runner */
/* what is under way: a beat, and one statement about ownership */
mtype = { idle, sent, good, taking, taken, giving, writing };
mtype beat[N] = idle, asks[N] = idle;
byte age[N];          /* ticks since the beat was sent */
bool carries[N];      /* that statement carries the newest epoch */
/* observations: how long the other's beat stood still, by the observer's clock; and whether it has moved since */
#ifdef ONE_OBSERVER
byte still[N];        /* ticks since it has beaten */
#else
byte still[N * N];
bool moved[N * N];
#endif

hidden byte k, q;    /* of loops, never looked at between steps */

#define AT(me, other) ((me) * N + (other))
#define may_own(n) (left[n] > 0)
#define free(n) (up[n] && asks[n] == idle)

#ifdef ONE_OBSERVER
inline beats(n) { still[n] = 0 }
inline forgotten(n) { still[n] = 0 }
inline looks_away(n) { skip }
inline stands_still(n) {
  if :: !dead[n] && still[n] < TTL -> still[n]++ :: else fi
}
#else
inline beats(n) {  /* the row counts up: every observation of it is void */
  for (q : 0 .. N - 1) { moved[AT(q, n)] = up[q] && q != n }
}
inline forgotten(n) {
  for (q : 0 .. N - 1) { moved[AT(q, n)] = false; still[AT(q, n)] = 0 }
}
inline looks_away(n) {
  for (q : 0 .. N - 1) { moved[AT(n, q)] = false; still[AT(n, q)] = 0 }
}
inline stands_still(n) {
  for (q : 0 .. N - 1) {
    if :: q != n && up[q] && !dead[n] && still[AT(q, n)] < TTL -> still[AT(q, n)]++ :: else fi
  }
}
#endif

inline ends(n) {   /* the process; what it has sent is under way all the same */
  up[n] = false; holds[n] = false; newest[n] = false;
  if :: beat[n] == good -> beat[n] = idle; age[n] = 0 :: else fi;
  if :: asks[n] == taken -> asks[n] = idle; carries[n] = false :: else fi;
  looks_away(n)
}
inline dies(n) {   /* declared dead: what it owns is free in the same transaction */
  dead[n] = true;
  forgotten(n);
  if :: owner == n -> owner = NOBODY :: else fi
}
inline joins(n) {  /* as a new incarnation */
  up[n] = true; dead[n] = false; left[n] = 0; beat[n] = idle; age[n] = 0; asks[n] = idle; carries[n] = false;
  beats(n)
}
inline tick(slow_one) {  /* everywhere at once, but on the clock of slow_one; the kernel's timers with it */
  for (k : 0 .. N - 1) {
    if :: left[k] > 0 && k != slow_one -> left[k]-- :: else fi;
#ifndef NO_TIMER
    if :: left[k] == 0 -> runs[k] = false :: else fi;
#endif
    if :: beat[k] != idle && age[k] < TTL -> age[k]++ :: else fi;
    stands_still(k)
  }
}

proctype node(byte n) {
  do
  :: d_step { up[n] && beat[n] == idle -> beat[n] = sent; age[n] = 0 }
  :: d_step { up[n] && beat[n] == good -> slow[n] = false;
#ifdef FROM_ANSWER
       left[n] = TTL - MARGIN;
#else
       if
       :: age[n] + MARGIN < TTL -> left[n] = TTL - MARGIN - age[n]
       :: else -> left[n] = 0
       fi;
#endif
       beat[n] = idle; age[n] = 0 }
  :: d_step { free(n) && !holds[n] && owner == NOBODY && may_own(n) -> asks[n] = taking }
  :: d_step { up[n] && asks[n] == taken ->
       asks[n] = idle; holds[n] = true; newest[n] = carries[n]; carries[n] = false }
  :: d_step { free(n) && holds[n] && may_own(n) && !runs[n] -> runs[n] = true;
       for (k : 0 .. N - 1) { assert(k == n || !runs[k]) }; skip }
  :: d_step { runs[n] -> runs[n] = false }  /* it ends by itself, or is killed */
  :: d_step { free(n) && holds[n] && may_own(n) -> asks[n] = writing; carries[n] = newest[n] }
#ifdef EARLY_GIVE
  :: d_step { free(n) && holds[n] ->
#else
  :: d_step { free(n) && holds[n] && !runs[n] ->
#endif
       asks[n] = giving; carries[n] = newest[n]; holds[n] = false; newest[n] = false }
  :: d_step { up[n] -> ends(n); skip }  /* kill -9, or it hears of its death: its runner lives until its timer, at most */
#ifdef NO_WAIT
  :: d_step { !up[n] ->
#else
  :: d_step { !up[n] && !runs[n] ->  /* the lock of the state directory: nothing of the former incarnation lives */
#endif
       dies(n); joins(n); skip }
  od
}

#ifdef ONE_OBSERVER
proctype observer(byte n) {
  do :: d_step { !dead[n] && still[n] == TTL -> dies(n); skip } od
}
#else
/* Each beat reads the others' rows. */
proctype observer(byte n, o) {
  do
  :: d_step { up[n] && moved[AT(n, o)] -> moved[AT(n, o)] = false; still[AT(n, o)] = 0 }
#ifdef NO_CAS
  :: d_step { up[n] && !dead[o] && still[AT(n, o)] == TTL -> dies(o); skip }
#else
  :: d_step { up[n] && !dead[o] && still[AT(n, o)] == TTL && !moved[AT(n, o)] -> dies(o); skip }
#endif
  od
}
#endif

/* Statements arrive, also those of senders that are gone. */
proctype database(byte n) {
  do
#ifdef DEAD_BEATS
  :: d_step { beat[n] == sent -> beats(n); beat[n] = good }
#else
  :: d_step { beat[n] == sent && !dead[n] -> beats(n); beat[n] = good }
  :: d_step { beat[n] == sent && dead[n] -> beat[n] = idle; age[n] = 0 }
#endif
  :: d_step { asks[n] == taking ->
       if
       :: owner == NOBODY && !dead[n] ->
          for (k : 0 .. N - 1) { newest[k] = false; carries[k] = false };
          owner = n; carries[n] = true; asks[n] = taken
       :: else -> asks[n] = idle
       fi; skip }
  :: d_step { asks[n] == giving ->
       if :: owner == n && carries[n] -> owner = NOBODY :: else fi;
       asks[n] = idle; carries[n] = false }
  :: d_step { asks[n] == writing ->
#ifdef NO_EPOCH
       assert(owner == n && carries[n]);
#endif
       if :: owner == n && carries[n] -> assert(!dead[n]) :: else fi;  /* else it is refused */
       asks[n] = idle; carries[n] = false }
  od
}

proctype clocks() {
  do
  :: d_step { tick(NOBODY); skip }
#ifdef DRIFT
  :: d_step { !slow[0] && left[0] > 0 -> slow[0] = true; tick(0); skip }
  :: d_step { !slow[1] && left[1] > 0 -> slow[1] = true; tick(1); skip }
#if N > 2
  :: d_step { !slow[2] && left[2] > 0 -> slow[2] = true; tick(2); skip }
#endif
#endif
  od
}

init {
  byte n, o;
  atomic {
    for (n : 0 .. N - 1) {
      up[n] = true;
      run node(n);
      run database(n);
#ifdef ONE_OBSERVER
      run observer(n)
#else
      for (o : 0 .. N - 1) { if :: o != n -> run observer(n, o) :: else fi }
#endif
    };
    run clocks();
    n = 0; o = 0
  }
}
