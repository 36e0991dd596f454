/*
 * Many bugs in one program, of which a number chooses one (program.py makes the sources): the table
 * of them, and a crew of processes that tries each, since a bug may crash or hang what holds it.
 */
#ifndef TOOLS_MUTATION_MUTATION_H
#define TOOLS_MUTATION_MUTATION_H

#include <stdbool.h>
#include <stdint.h>

struct mutant {
    const char *name, *folders; /* of scenarios/ that are to see it, with blanks between; "": all */
    const char *nic;            /* on which it is judged */
    const char *hint;           /* the case or test that noticed it last time; "": none is known */
    const short *place;         /* functions that it changes, ends with -1; none: the program itself
                                   is changed */
};
extern const struct mutant mutants[]; /* ends with a NULL name */
extern const int mutant_places;

/* The bug that is on: mutants[mutant_number - 1]; 0: none. */
extern int mutant_number;
/* What was reached is noted here, an octet for each place. */
extern unsigned char *mutant_reached;

/* What became of a bug. UNREACHED: nothing executes its place. UNWORDED: something failed, in words
 * that say too little. */
enum fate { UNREACHED, SURVIVED, UNWORDED, CRASHED, HUNG, CAUGHT };

enum { FOUND_TEXT = 1024 };

/* Shared between the crew's processes. */
struct trial {
    uint32_t from;          /* the case to begin with */
    uint32_t at;            /* the case that is played: if the process dies, in this one */
    enum fate fate;         /* of this process */
    enum fate worst;        /* of those before it */
    int deaths;             /* of processes so far */
    bool again;             /* on with the next case, in a new process */
    bool bare;              /* no bug is on yet */
    char found[FOUND_TEXT]; /* what caught it */
};

/* Memory that children write and the parent reads; zeroed. Ends the program when there is none. */
void *shared(uint64_t size);

/* Calls child(n, &trial[n]) for n = 0 ... count - 1, each in a process of its own, two or more at a
 * time; tells the progress, in that unit. `over` hears of each end in the parent, with fate CRASHED
 * or HUNG when the process died. It may ask for another round by trial->again. */
void crew(const char *unit, uint32_t count, struct trial *trial,
          void (*child)(uint32_t n, struct trial *t), void (*over)(uint32_t n, struct trial *t));

/* The process ends, as hung, after so many milliseconds of computing from now. */
void patience(int ms);

/* Does it reach any of the bug's places? A bug without places is reached by all. */
bool reaches(const unsigned char *reached, const struct mutant *m);
/* In a case or test that ends the process when it notices something, no bug is on until this. */
void turn_on(uint32_t n, struct trial *t);
/* Of a hint's trial that is over: the bug was noticed. Ends the program when the case `name` failed
 * with no bug on. */
bool noticed_by_hint(const struct trial *t, const char *name);
uint32_t mutant_count(void);

#endif
