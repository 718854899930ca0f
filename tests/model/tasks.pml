/* The tasks of one key, their owners, and a database: versions, late commits, results, crashes, take-overs. Shown:
     lost       in the end every task is done or superseded by a newer one that was started after it was seen
     order      once a task has started, an older one of its key that its owner had seen never starts; but a run
                whose result was never written is forgotten with its owner
     newest     of the waiting tasks the newest starts
     doubled    no task ends twice
   Ids are in the order of the inserts; commits come in any order. A position in the reading (the mark) is a snapshot: the
   set of tasks that were visible in it. A stale owner's statement arrives after the take-over, or never.

   See cluster/partition_owner, cluster/reading_track and the statements read_tasks and finish in sql/queries/tasks.sql.

   Mutants, which must fail:
     MARK_BY_ID    the mark is an id: everything up to it counts as read
     MARK_EARLY    the mark moves past what has been read, not past what has ended
     NO_FENCE      a result is written whoever owns the partition by now
     UNSEEN        a start supersedes every older task, seen or not
     OLDEST        the oldest waiting task starts                                                                     */
#ifndef T
#define T 3
#endif
#define NONE T
#define BIT(t) (1 << (t))
#ifndef CRASHES
#define CRASHES 2
#endif

byte visible, ended, opened;      /* the database: sets of tasks; opened: RETRY, a row of its own */
byte mark;                        /* what the next owner need not read */
byte crashes, retries;
/* the owner: its epoch is the number of crashes */
byte window, seen, taken;         /* waiting; all that it has read; its last snapshot */
byte running = NONE;
byte dropped;                     /* superseded in memory, not yet written */
bool finished;                    /* the run has ended, its result is not yet written */
/* one statement under way */
bool flies;
byte done, gone, again, upto, under;
/* for the checks: what had been seen when a task last started */
byte before[T];

inline newest_of(set, found) {
  found = NONE;
  for (k : 0 .. T - 1) {
#ifdef OLDEST
    if :: found == NONE && (set & BIT(k)) -> found = k :: else fi
#else
    if :: (set & BIT(k)) -> found = k :: else fi
#endif
  }
}
inline mark_of(set) {  /* where the mark may stand when all of `set` is dealt with */
#ifdef MARK_BY_ID
  for (k : 0 .. T - 1) { if :: (set >> k) != 0 -> mark = mark | BIT(k) :: else fi }
#else
  mark = mark | set
#endif
}

active proctype world() {
  byte k, t;
  do
  :: atomic { (visible != BIT(T) - 1) -> select(t : 0 .. T - 1); visible = visible | BIT(t) }     /* a commit */
  :: atomic { (visible & ~seen) != 0 ->                                                          /* a read */
       taken = visible;
       window = window | (visible & ~seen & ~mark & ~ended & ~opened);
       seen = seen | visible }
  :: atomic { (opened & ~window & ~dropped) != 0 && running == NONE && !flies ->                 /* it is due again */
       window = window | (opened & ~dropped); seen = seen | opened }
  :: atomic { running == NONE && window != 0 ->                                                  /* a start */
       newest_of(window, t);
       assert((window >> (t + 1)) == 0);                                                         /* newest */
       running = t; finished = false;
       for (k : 0 .. T - 1) { assert(k <= t || !(before[k] & BIT(t))) };                         /* order */
       before[t] = seen;
#ifdef UNSEEN
       dropped = dropped | (BIT(t) - 1) & ~ended;
#else
       dropped = dropped | ((window | opened) & (BIT(t) - 1)); /* a new owner is told what is in open */
#endif
       window = window & ~dropped & ~BIT(t) }
  :: running != NONE && !finished -> finished = true
  :: atomic { finished && !flies ->                                                              /* a statement */
       flies = true; under = crashes; gone = dropped; done = 0; again = 0;
       if
       :: done = BIT(running)
       :: retries < 1 -> retries++; again = BIT(running)
       fi;
#ifdef MARK_EARLY
       upto = taken
#else
       upto = taken & (ended | opened | gone | done | again)
#endif
     }
  :: atomic { flies ->                                                                           /* it arrives */
       flies = false;
#ifdef NO_FENCE
       if :: true ->
#else
       if :: under == crashes ->
#endif
          assert((ended & (done | gone)) == 0);                                                  /* doubled */
          ended = ended | done | gone;
          opened = (opened | again) & ~done & ~gone;
          mark_of(upto);
          if
          :: under == crashes -> running = NONE; finished = false; dropped = dropped & ~gone
          :: else
          fi
       :: else                                                                                    /* refused */
       fi }
  :: atomic { crashes < CRASHES ->                                                               /* a take-over */
       if :: running != NONE -> before[running] = 0 :: else fi;
       crashes++; window = 0; seen = 0; taken = 0; running = NONE; finished = false; dropped = 0;
       if :: flies = false :: true fi }                                                          /* lost, or late */
  :: timeout -> assert(ended == BIT(T) - 1); break                                                /* lost */
  od
}
