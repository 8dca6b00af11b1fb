/* avl.c - the balanced tree: heights of two siblings differ by at most one.
 *
 * A change mends heights from its place upwards, as far as they change, with a rotation
 * where two sides differ by two.  Then each node whose children are others than before
 * carries what Update says of it up to the root, as far as that changes.
 *
 *        x                y            RtlpRotate(x): y is x's right child and takes its
 *       / \              / \           place; the order of the leaves A B C is the same
 *      A   y     ->     x   C          before and after.
 *         / \          / \
 *        B   C        A   B
 *
 * Windows keeps the same kind of tree for VADs (MM_AVL_TABLE).  Source: Adelson-Velsky
 * and Landis 1962, by way of Knuth, The Art of Computer Programming 3, 6.2.3.
 */
#include "rtl/avl.h"
#include <stddef.h>

/* The link to a node's child on one side. */
static inline RTL_AVL_NODE **RtlpChild(const RTL_AVL_NODE *node, int right)
{
    return (RTL_AVL_NODE **)(right ? &node->Right : &node->Left);
}

static int RtlpHeight(const RTL_AVL_NODE *node)
{
    return node ? node->Height : 0;
}

/* Returns whether it changed. */
static int RtlpSetHeight(RTL_AVL_NODE *node)
{
    int left = RtlpHeight(node->Left), right = RtlpHeight(node->Right);
    int old = node->Height;
    node->Height = 1 + (left > right ? left : right);
    return node->Height != old;
}

void RtlAvlRefresh(RTL_AVL_TREE *tree, RTL_AVL_NODE *node)
{
    int (*update)(RTL_AVL_NODE *) = tree->Update;
    while (update && node && update(node))
        node = node->Parent;
}

/* Put another node, or nothing, where old hung below its parent. */
static void RtlpReplace(RTL_AVL_TREE *tree, RTL_AVL_NODE *parent, RTL_AVL_NODE *old,
                        RTL_AVL_NODE *other)
{
    if (!parent)
        tree->Root = other;
    else
        *RtlpChild(parent, parent->Right == old) = other;
    if (other)
        other->Parent = parent;
}

/* Turn x to the left (or right); returns what takes its place. */
static RTL_AVL_NODE *RtlpRotate(RTL_AVL_TREE *tree, RTL_AVL_NODE *x, int left)
{
    RTL_AVL_NODE *y = *RtlpChild(x, left);
    RTL_AVL_NODE *middle = *RtlpChild(y, !left);
    RtlpReplace(tree, x->Parent, x, y);
    x->Parent = y;
    if (middle)
        middle->Parent = x;
    *RtlpChild(x, left) = middle;
    *RtlpChild(y, !left) = x;
    RtlpSetHeight(x);
    RtlpSetHeight(y);
    RtlAvlRefresh(tree, x);
    RtlAvlRefresh(tree, y);
    RtlAvlRefresh(tree, y->Parent);
    return y;
}

/* The node's child on one side is two higher than the other; returns what takes its place. */
static RTL_AVL_NODE *RtlpLower(RTL_AVL_TREE *tree, RTL_AVL_NODE *node, int right)
{
    RTL_AVL_NODE *child = *RtlpChild(node, right);
    if (RtlpHeight(*RtlpChild(child, !right)) > RtlpHeight(*RtlpChild(child, right)))
        RtlpRotate(tree, child, !right);
    return RtlpRotate(tree, node, right);
}

/* Heights from node upwards, as far as they change. */
static void RtlpMend(RTL_AVL_TREE *tree, RTL_AVL_NODE *node)
{
    for (; node; node = node->Parent) {
        int lean = RtlpHeight(node->Right) - RtlpHeight(node->Left);
        if (lean > 1)
            node = RtlpLower(tree, node, 1);
        else if (lean < -1)
            node = RtlpLower(tree, node, 0);
        else if (!RtlpSetHeight(node))
            break;
    }
}

void RtlAvlInsert(RTL_AVL_TREE *tree, RTL_AVL_NODE *node, RTL_AVL_NODE *parent, int right)
{
    *node = (RTL_AVL_NODE){.Parent = parent};
    *(parent ? RtlpChild(parent, right) : &tree->Root) = node;
    tree->Count++;
    RtlpMend(tree, node);
    RtlAvlRefresh(tree, node);
    RtlAvlRefresh(tree, parent);
}

void RtlAvlRemove(RTL_AVL_TREE *tree, RTL_AVL_NODE *node)
{
    RTL_AVL_NODE *mend = node->Parent, *next = NULL;
    tree->Count--;
    if (!node->Left || !node->Right) {
        RtlpReplace(tree, node->Parent, node, node->Left ? node->Left : node->Right);
    } else {
        /* Two children: the successor, which has no left child, takes the node's place. */
        next = RtlAvlNext(node);
        mend = next->Parent == node ? next : next->Parent;
        if (next->Parent != node) {
            RtlpReplace(tree, next->Parent, next, next->Right);
            next->Right = node->Right;
            next->Right->Parent = next;
        }
        next->Left = node->Left;
        next->Left->Parent = next;
        RtlpReplace(tree, node->Parent, node, next);
        next->Height = node->Height;
    }
    RtlpMend(tree, mend);
    RtlAvlRefresh(tree, mend);
    if (next) {
        RtlpMend(tree, next);
        RtlAvlRefresh(tree, next);
        RtlAvlRefresh(tree, next->Parent);
    }
}

/* The node farthest to one side of the subtree of node. */
static inline RTL_AVL_NODE *RtlpFarthest(RTL_AVL_NODE *node, int right)
{
    while (*RtlpChild(node, right))
        node = *RtlpChild(node, right);
    return node;
}

/* The neighbour of a node on one side, in the tree's order. */
static inline RTL_AVL_NODE *RtlpNeighbour(const RTL_AVL_NODE *node, int right)
{
    if (*RtlpChild(node, right))
        return RtlpFarthest(*RtlpChild(node, right), !right);
    while (node->Parent && *RtlpChild(node->Parent, right) == node)
        node = node->Parent;
    return node->Parent;
}

RTL_AVL_NODE *RtlAvlFirst(const RTL_AVL_TREE *tree)
{
    return tree->Root ? RtlpFarthest(tree->Root, 0) : NULL;
}

RTL_AVL_NODE *RtlAvlLast(const RTL_AVL_TREE *tree)
{
    return tree->Root ? RtlpFarthest(tree->Root, 1) : NULL;
}

RTL_AVL_NODE *RtlAvlNext(const RTL_AVL_NODE *node)
{
    return RtlpNeighbour(node, 1);
}

RTL_AVL_NODE *RtlAvlPrevious(const RTL_AVL_NODE *node)
{
    return RtlpNeighbour(node, 0);
}

int RtlAvlCheck(const RTL_AVL_TREE *tree)
{
    unsigned count = 0;
    if (tree->Root && tree->Root->Parent)
        return 1;
    for (RTL_AVL_NODE *node = RtlAvlFirst(tree); node; node = RtlAvlNext(node)) {
        int left = RtlpHeight(node->Left), right = RtlpHeight(node->Right);
        if ((node->Left && node->Left->Parent != node) ||
            (node->Right && node->Right->Parent != node))
            return 2;
        if (node->Height != 1 + (left > right ? left : right))
            return 3;
        if (left - right > 1 || right - left > 1)
            return 4;
        if (++count > tree->Count)
            return 5;
    }
    return count == tree->Count ? 0 : 5;
}
