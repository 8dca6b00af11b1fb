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
    else if (parent->Left == old)
        parent->Left = other;
    else
        parent->Right = other;
    if (other)
        other->Parent = parent;
}

/* Turn x to the left (or right); returns what takes its place. */
static RTL_AVL_NODE *RtlpRotate(RTL_AVL_TREE *tree, RTL_AVL_NODE *x, int left)
{
    RTL_AVL_NODE *y = left ? x->Right : x->Left;
    RTL_AVL_NODE *middle = left ? y->Left : y->Right;
    RtlpReplace(tree, x->Parent, x, y);
    x->Parent = y;
    if (middle)
        middle->Parent = x;
    if (left) {
        x->Right = middle;
        y->Left = x;
    } else {
        x->Left = middle;
        y->Right = x;
    }
    RtlpSetHeight(x);
    RtlpSetHeight(y);
    RtlAvlRefresh(tree, x);
    RtlAvlRefresh(tree, y);
    RtlAvlRefresh(tree, y->Parent);
    return y;
}

/* Heights from node upwards, as far as they change. */
static void RtlpMend(RTL_AVL_TREE *tree, RTL_AVL_NODE *node)
{
    for (; node; node = node->Parent) {
        int lean = RtlpHeight(node->Right) - RtlpHeight(node->Left);
        if (lean > 1) {
            if (RtlpHeight(node->Right->Left) > RtlpHeight(node->Right->Right))
                RtlpRotate(tree, node->Right, 0);
            node = RtlpRotate(tree, node, 1);
        } else if (lean < -1) {
            if (RtlpHeight(node->Left->Right) > RtlpHeight(node->Left->Left))
                RtlpRotate(tree, node->Left, 1);
            node = RtlpRotate(tree, node, 0);
        } else if (!RtlpSetHeight(node)) {
            break;
        }
    }
}

void RtlAvlInsert(RTL_AVL_TREE *tree, RTL_AVL_NODE *node, RTL_AVL_NODE *parent, int right)
{
    *node = (RTL_AVL_NODE){.Parent = parent};
    if (!parent)
        tree->Root = node;
    else if (right)
        parent->Right = node;
    else
        parent->Left = node;
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

RTL_AVL_NODE *RtlAvlFirst(const RTL_AVL_TREE *tree)
{
    RTL_AVL_NODE *node = tree->Root;
    while (node && node->Left)
        node = node->Left;
    return node;
}

RTL_AVL_NODE *RtlAvlLast(const RTL_AVL_TREE *tree)
{
    RTL_AVL_NODE *node = tree->Root;
    while (node && node->Right)
        node = node->Right;
    return node;
}

RTL_AVL_NODE *RtlAvlNext(const RTL_AVL_NODE *node)
{
    if (node->Right) {
        node = node->Right;
        while (node->Left)
            node = node->Left;
        return (RTL_AVL_NODE *)node;
    }
    while (node->Parent && node->Parent->Right == node)
        node = node->Parent;
    return node->Parent;
}

RTL_AVL_NODE *RtlAvlPrevious(const RTL_AVL_NODE *node)
{
    if (node->Left) {
        node = node->Left;
        while (node->Right)
            node = node->Right;
        return (RTL_AVL_NODE *)node;
    }
    while (node->Parent && node->Parent->Left == node)
        node = node->Parent;
    return node->Parent;
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
