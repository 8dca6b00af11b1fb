/* avl.h - a balanced tree of nodes that live inside other structures.
 *
 * The owner of the tree compares; this file only balances.  It finds the place of a new
 * node itself (a parent and a side) and hands both to RtlAvlInsert.  Update, when given,
 * recomputes what a node says of its whole subtree from its children, and returns whether
 * that changed; it is called children before parents, as far up as a change reaches. That
 * is how the VAD tree keeps the largest free gap of each subtree.
 */
#ifndef FATHOM_AVL_H
#define FATHOM_AVL_H

typedef struct _RTL_AVL_NODE {
    struct _RTL_AVL_NODE *Parent, *Left, *Right;
    int Height; /* 1 for a leaf */
} RTL_AVL_NODE;

typedef struct _RTL_AVL_TREE {
    RTL_AVL_NODE *Root;
    int (*Update)(RTL_AVL_NODE *); /* may be NULL */
    unsigned Count;
} RTL_AVL_TREE;

/* Hang node below parent (NULL: it becomes the root), on its right or left, which is
 * empty. */
void RtlAvlInsert(RTL_AVL_TREE *, RTL_AVL_NODE *node, RTL_AVL_NODE *parent, int right);
void RtlAvlRemove(RTL_AVL_TREE *, RTL_AVL_NODE *node);
/* The owner changed what Update reads of node: carry it up to the root. */
void RtlAvlRefresh(RTL_AVL_TREE *, RTL_AVL_NODE *node);
RTL_AVL_NODE *RtlAvlFirst(const RTL_AVL_TREE *);
RTL_AVL_NODE *RtlAvlLast(const RTL_AVL_TREE *);
RTL_AVL_NODE *RtlAvlNext(const RTL_AVL_NODE *);
RTL_AVL_NODE *RtlAvlPrevious(const RTL_AVL_NODE *);
/* 0 when links, heights, balance and count all hold. */
int RtlAvlCheck(const RTL_AVL_TREE *);

#endif
